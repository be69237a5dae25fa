# One network: made once, and given weights anew for each pass.

struct Session
    request::Dict{String, Any}
    names::Vector{String}
    # The model in each precision: one whose statements tell what they bind, and one as it is.
    telling::Dict{DataType, Any}
    plain::Dict{DataType, Any}
end

function Session(request, names)
    startswith(request["device"], "cuda") && error("the runner of Flux computes on the CPU only")
    telling = model_of(request, seen)
    plain = is_stand_in() ? telling : model_of(request, nothing)
    return Session(
        request, names,
        both_precisions(telling), both_precisions(plain),
    )
end

# What a file defines is known only to calls that begin after it has been loaded.
both_precisions(model) = Dict(
    Float64 => Base.invokelatest(Flux.f64, model), Float32 => Base.invokelatest(Flux.f32, model),
)

is_stand_in() = isdefined(Flux, :STAND_IN)

function model_of(request, listener)
    source = load_source(request["file"], listener)
    make = constructor(source, request["class"])
    arguments = accepted(make, request["arguments"])
    named = (Symbol(name) => given(value) for (name, value) in arguments)
    return Base.invokelatest(make; named...)
end

given(value) = value isa Vector ? Tuple(given.(value)) : value

"Refuse a model whose tensors have other names or shapes than the network's."
function expect(session::Session, shapes)
    model = session.plain[Float64]
    found = Dict(name => find(model, name) for name in keys(shapes))
    absent = sort([name for (name, steps) in found if steps === nothing])
    claimed = Set(steps for steps in values(found) if steps !== nothing)
    others = sort([name for (name, steps, _) in tensors(model) if !(steps in claimed)])
    wrong = Dict{String, Any}()
    for (name, steps) in found
        steps === nothing && continue
        size(reach(model, steps)) == shapes[name] && continue
        wrong[name] = [collect(reverse(each)) for each in (shapes[name], size(reach(model, steps)))]
    end
    isempty(absent) && isempty(others) && isempty(wrong) || throw(Mismatch(absent, others, wrong))
end

"A model with certain weights, in training or not."
function prepared(@nospecialize(model), weights, training)
    for (name, array) in weights
        copyto!(reach(model, find(model, name)), array)
    end
    training ? Flux.trainmode!(model) : Flux.testmode!(model)
    return model
end

inputs_of(session, inputs) = Tuple(inputs[name] for name in session.request["inputs"])

"The outputs by name, whether a model gives one value, several, or a `NamedTuple`."
function named_outputs(session, @nospecialize(y))
    names = session.request["outputs"]
    pairs = y isa NamedTuple ? [String(n) => y[n] for n in keys(y)] :
        y isa Tuple ? [n => each for (n, each) in zip(names, y)] : [names[1] => y]
    return Dict(name => each for (name, each) in pairs if each !== nothing)
end

function forward(session::Session, weights, inputs, training, shift = nothing)
    T = eltype(first(values(inputs)))
    model = prepared(session.telling[T], weights, training)
    watching = joins(model) ? watch_parts : unwatched ∘ watch
    whole = watching(model, "", session.names)
    recorder = Recorder(shift, training)
    nothing_yet = Dict{String, Any}()
    computed = Dict{String, Any}("outputs" => nothing_yet, "statistics" => nothing_yet)
    LISTENER[] = recorder
    try
        y = Base.invokelatest(whole, inputs_of(session, inputs)...)
        computed["outputs"] = named_outputs(session, y)
        training && (computed["statistics"] = statistics(session, whole))
    catch error
        computed["stopped"] = (error, stacktrace(catch_backtrace()))
    finally
        LISTENER[] = nothing
    end
    return merge(computed, Dict(
        "arrays" => recorder.arrays, "records" => recorder.records, "dropouts" => recorder.dropouts,
    ))
end

"Running statistics, as copies."
function statistics(session, @nospecialize(model))
    found = Dict{String, Any}()
    for name in session.names
        last(split(name, '.')) in ("μ", "σ²") || continue
        owner, field = owner_of(model, name)
        found[name] = copy(getfield(owner, field))
    end
    return found
end

function owner_of(@nospecialize(model), name)
    steps = find(unwrapped(model), name)
    return reach(unwrapped(model), steps[1:(end - 1)]), last(steps)
end

"A watched model as it was, with the very layers that ran."
unwrapped(x::Watched) = unwrapped(x.layer)
function unwrapped(@nospecialize x)
    x isa Function && return x
    inside = parts(x)
    return isempty(inside) ? x : with_parts(x, [unwrapped(part) for (_, _, part) in inside])
end

function gradients(session::Session, weights, inputs, cotangents, training)
    computed = forward(session, weights, inputs, training)
    haskey(computed, "stopped") && return computed
    T = eltype(first(values(inputs)))
    model = prepared(session.plain[T], weights, training)
    for layer in layers(model)
        layer isa Flux.Dropout && Flux.testmode!(layer)
    end
    # Names and factors are fixed beforehand, so that the derivative has nothing to do with them.
    given = filter(name -> haskey(computed["outputs"], name), session.request["outputs"])
    names, factors = Tuple(Symbol.(given)), Tuple(cotangents[name] for name in given)
    loss = (m, xs...) -> weighted(m(xs...), names, factors)
    slopes = Flux.gradient(loss, model, inputs_of(session, inputs)...)
    found = Dict{String, Any}()
    for name in session.names
        last(split(name, '.')) in ("μ", "σ²") && continue
        steps = find(model, name)
        slope = reach(slopes[1], steps)
        found[name] = slope === nothing ? zero(reach(model, steps)) : Array(slope)
    end
    computed["gradients"] = found
    computed["input_gradients"] = Dict(
        name => slope === nothing ? zero(inputs[name]) : Array(slope)
        for (name, slope) in zip(session.request["inputs"], slopes[2:end])
    )
    return computed
end

"The sum of all outputs, each weighted."
weighted(y::AbstractArray, names, factors) = sum(first(factors) .* y)
weighted(y::Tuple, ::Tuple{}, ::Tuple{}) = false
weighted(y::NamedTuple, ::Tuple{}, ::Tuple{}) = false
weighted(ys::Tuple, names, factors) =
    sum(first(factors) .* first(ys)) + weighted(Base.tail(ys), Base.tail(names), Base.tail(factors))
weighted(ys::NamedTuple, names, factors) =
    sum(first(factors) .* getproperty(ys, first(names))) +
    weighted(ys, Base.tail(names), Base.tail(factors))
