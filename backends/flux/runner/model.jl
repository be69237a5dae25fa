# What a model is made of. The name of a tensor is the way to it: the names of the layers in
# chains and branches, of the fields of structs, the numbers of repeated layers from 0, and at last
# the field of the layer. What joins branches (`Parallel`, `SkipConnection`) may be left out.

const CONTAINERS = Union{Flux.Chain, Flux.Parallel, Flux.SkipConnection}

"The parts of something that are layers: each with its name, and the steps to it."
function parts(@nospecialize x)
    if x isa Flux.SkipConnection
        return [(name, Any[:layers, steps...], part) for (name, steps, part) in parts(x.layers)]
    elseif x isa CONTAINERS
        layers = x.layers
        layers isa NamedTuple &&
            return Any[(String(each), Any[:layers, each], layers[each]) for each in keys(layers)]
        return Any[(string(i - 1), Any[:layers, i], layers[i]) for i in 1:length(layers)]
    end
    # Flux's own layers have no layers in them, but for their activation.
    Base.moduleroot(parentmodule(typeof(x))) === Flux && return Any[]
    fields = [(each, getfield(x, each)) for each in fieldnames(typeof(x))]
    return Any[(String(name), Any[name], part) for (name, part) in fields if is_layer(part)]
end

"Whether something is called with an array: a layer or a function."
function is_layer(@nospecialize x)
    x isa Union{Number, AbstractArray, Tuple, NamedTuple, AbstractString, Symbol, Nothing, Type} &&
        return false
    return x isa Function || x isa CONTAINERS || !isempty(methods(x))
end

joins(@nospecialize x) = x isa Union{Flux.Parallel, Flux.SkipConnection}
joined(path, name) = isempty(path) ? name : "$path.$name"

"The steps to a tensor, or nothing if there is none of a name."
function find(@nospecialize(x), names)
    if length(names) == 1 && Symbol(names[1]) in fieldnames(typeof(x))
        getfield(x, Symbol(names[1])) isa Array && return Any[Symbol(names[1])]
    end
    x isa Function && return nothing
    inside = parts(x)
    for (name, steps, part) in inside
        if name == names[1] && length(names) > 1
            rest = find(part, names[2:end])
            rest === nothing || return Any[steps..., rest...]
        end
    end
    for (_, steps, part) in inside
        if joins(part)
            rest = find(part, names)
            rest === nothing || return Any[steps..., rest...]
        end
    end
    return nothing
end

find(@nospecialize(x), name::AbstractString) = find(x, split(name, '.'))

"What some steps lead to, in a model or in a gradient of one."
function reach(@nospecialize(x), steps)
    for step in steps
        x isa Base.RefValue && (x = x[])
        x === nothing && return nothing
        if step isa Symbol
            hasproperty(x, step) || return nothing
            x = getproperty(x, step)
        else
            x = x[step]
        end
    end
    return x
end

"Every tensor of a model with the steps to it."
function tensors(@nospecialize(x), path = "", steps = Any[])
    found = Any[]
    x isa Function && return found
    if !(x isa CONTAINERS)
        for name in fieldnames(typeof(x))
            value = getfield(x, name)
            value isa Array{<:AbstractFloat} &&
                push!(found, (joined(path, String(name)), Any[steps..., name], value))
        end
    end
    for (name, more, part) in parts(x)
        append!(found, tensors(part, joined(path, name), Any[steps..., more...]))
    end
    return found
end

"Every layer in a model."
function layers(@nospecialize x)
    found = Any[x]
    x isa Function && return found
    for (_, _, part) in parts(x)
        append!(found, layers(part))
    end
    return found
end

"A container or a struct with other parts, in their order."
function with_parts(@nospecialize(x), new)
    x isa Flux.SkipConnection && return Flux.SkipConnection(with_parts(x.layers, new), x.connection)
    if x isa CONTAINERS
        old = x.layers
        layers = old isa NamedTuple ? NamedTuple{keys(old)}(Tuple(new)) : Tuple(new)
        return x isa Flux.Chain ? Flux.Chain(layers) : Flux.Parallel(x.connection, layers)
    end
    replaced = Dict(last(steps) => part for ((_, steps, _), part) in zip(parts(x), new))
    return remade(x, replaced)
end

"A struct with some fields changed."
function remade(@nospecialize(x), changed::AbstractDict)
    fields = [get(changed, name, getfield(x, name)) for name in fieldnames(typeof(x))]
    return Base.typename(typeof(x)).wrapper(fields...)
end
