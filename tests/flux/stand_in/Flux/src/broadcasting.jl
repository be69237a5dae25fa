# Broadcasting: the function is applied to numbers that carry a derivative, by one argument after
# the other.

struct Style <: Broadcast.BroadcastStyle end
Base.BroadcastStyle(::Type{<:Tracked}) = Style()
Base.BroadcastStyle(::Style, ::Broadcast.BroadcastStyle) = Style()
Base.BroadcastStyle(::Style, ::Broadcast.DefaultArrayStyle) = Style()

Base.copy(bc::Broadcast.Broadcasted{Style}) = spread(Broadcast.flatten(bc))
Broadcast.materialize(bc::Broadcast.Broadcasted{Style}) = copy(Broadcast.instantiate(bc))

function spread(bc)
    f, args = bc.f, bc.args
    values = map(value, args)
    y = broadcast(f, values...)
    y isa Number && (y = fill(y))
    eltype(y) <: AbstractFloat || return y
    back = Δ -> [
        args[i] isa Tracked ? slope_by(f, values, Val(i), Δ) : nothing for i in 1:length(args)
    ]
    return record(y, collect(Any, args), back)
end

"The slope of one argument of a broadcast."
function slope_by(f, values::Tuple, ::Val{i}, Δ) where {i}
    x = values[i]
    with = Base.setindex(values, map(each -> Dual(each, one(each)), x), i)
    slopes = slope.(broadcast(f, with...)) .* Δ
    # What was stretched is summed.
    dims = Tuple(d for d in 1:ndims(slopes) if size(x, d) == 1 && size(slopes, d) > 1)
    return isempty(dims) ? slopes : sum(slopes; dims = dims)
end
