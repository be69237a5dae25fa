# What happens inside a model while it runs: each layer's value, once, and where it was seen.

mutable struct Recorder
    shift::Union{Nothing, Int}
    training::Bool
    arrays::Vector{Any}
    numbers::IdDict{Any, Int}
    records::Vector{Any}
    dropouts::Vector{Any}
    turns::Dict{Any, Int}
    # The path of the layer that is under way, and those of the layers that it is in.
    paths::Vector{String}
end
Recorder(shift, training) =
    Recorder(shift, training, [], IdDict{Any, Int}(), [], [], Dict{Any, Int}(), [""])

"Where values are told to; nothing where nobody listens."
const LISTENER = Ref{Union{Nothing, Recorder}}(nothing)

is_array(x) = x isa AbstractArray{<:AbstractFloat} && ndims(x) > 0

function add!(r::Recorder, @nospecialize(value), place::Dict)
    # Values are held, so that no later one gets the identity of an earlier one.
    number = get!(r.numbers, value) do
        push!(r.arrays, value)
        length(r.arrays) - 1
    end
    turn = get(r.turns, place, 0)
    r.turns[place] = turn + 1
    push!(r.records, merge(place, Dict("turn" => turn, "array" => number)))
    return
end

"What a statement of a struct's own bound, which passes on."
function seen(lines, name, value)
    r = LISTENER[]
    if r !== nothing && r.shift === nothing && is_array(value)
        place = Dict{String, Any}("source" => "line", "path" => last(r.paths), "name" => name)
        add!(r, value, merge(place, Dict("first" => lines[1], "last" => lines[2])))
    end
    return value
end

"A layer that tells what it takes and gives; without its activation, which comes after."
struct Watched
    layer::Any
    activation::Any
    path::String
end

unwatched(x) = x
unwatched(x::Watched) = x.layer

function (w::Watched)(@nospecialize(xs...))
    r = LISTENER[]
    place = Dict{String, Any}("path" => w.path)
    # What joins branches takes what they take, and not what it joins.
    if r.shift === nothing && is_array(first(xs)) && !joins(w.layer)
        add!(r, first(xs), merge(place, Dict("source" => "input")))
    end
    push!(r.paths, w.path)
    y = w.layer isa Flux.Dropout ? passed(r, w, first(xs)) : Base.invokelatest(w.layer, xs...)
    pop!(r.paths)
    told = merge(place, Dict("source" => "module", "type" => kind(w.layer)))
    if r.shift === nothing
        is_array(y) && add!(r, y, told)
    elseif is_norm(w.layer)
        add!(r, Base.invokelatest(deepcopy(w.layer), shifted(w.layer, first(xs), r.shift)), told)
    end
    return w.activation === identity ? y : Base.invokelatest(each, w.activation, y)
end

each(f, x) = f.(x)

"A dropout runs as the identity; a copy, so that it is told apart from its input."
function passed(r::Recorder, w::Watched, @nospecialize(x))
    active = w.layer.active === nothing ? r.training : w.layer.active
    rate = Float64(w.layer.p)
    told = Dict("path" => w.path, "instance" => "", "line" => 0, "rate" => rate, "active" => active)
    push!(r.dropouts, told)
    return copy(x)
end

kind(@nospecialize(layer)) = String(nameof(typeof(layer)))
is_norm(@nospecialize(layer)) = !(layer isa Function) && occursin("Norm", kind(layer))

"An input of a normalisation, moved by a power of two of its spread."
function shifted(layer, x, shift)
    of_channels = layer isa Flux.BatchNorm
    dims = Tuple(d for d in 1:ndims(x) if !of_channels || d != ndims(x) - 1)
    count = prod(size(x, d) for d in dims)
    spread = sqrt.(sum((x .- sum(x; dims = dims) ./ count) .^ 2; dims = dims) ./ count)
    return x .+ convert(eltype(x), 2.0^shift) .* spread
end

"A model whose layers tell; `names` are those of the network's tensors."
function watch(@nospecialize(x), path, names)
    x isa Function && return Watched(x, identity, path)
    inside = parts(x)
    isempty(inside) && return bare(x, path)
    return Watched(watch_parts(x, path, names), identity, path)
end

function watch_parts(@nospecialize(x), path, names)
    new = map(parts(x)) do (name, _, part)
        own = joined(path, name)
        joins(part) || return watch(part, own, names)
        # What joins branches may be a block, or a layer that only joins: then its branches are
        # called as if they stood beside it.
        within = is_block(own, names) ? own : path
        return Watched(watch_parts(part, within, names), identity, own)
    end
    return with_parts(x, new)
end

function is_block(path, names)
    any(name -> startswith(name, "$path."), names) && return true
    return !occursin(r"(add|concat|mul)\d*$", path)
end

"A layer without its activation, and that."
function bare(@nospecialize(layer), path)
    for name in (:σ, :λ)
        if name in fieldnames(typeof(layer)) && getfield(layer, name) !== identity
            activation = getfield(layer, name)
            return Watched(remade(layer, Dict(name => identity)), activation, path)
        end
    end
    return Watched(layer, identity, path)
end
