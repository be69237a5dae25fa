# Broadcasting: one operation after the other, each applied to numbers that carry a derivative.
# Nothing is fused, and all is done on vectors, so that each operation is compiled once only.

struct Style <: Broadcast.BroadcastStyle end
Base.BroadcastStyle(::Type{<:Tracked}) = Style()
Base.BroadcastStyle(::Style, ::Broadcast.BroadcastStyle) = Style()
Base.BroadcastStyle(::Style, ::Broadcast.DefaultArrayStyle) = Style()

Broadcast.broadcasted(::Style, f, args...) = spread(f, map(plain, args))
Broadcast.materialize(x::Tracked) = x

# What was not tracked has been put off; what stands for one value is that value.
plain(x::Broadcast.Broadcasted) = Broadcast.materialize(x)
plain(x::Ref) = x[]
plain(x) = x

function spread(f, args::Tuple)
    sizes = Broadcast.broadcast_shape(map(each -> is_array(each) ? size(each) : (), args)...)
    columns = map(each -> stretched(value(each), sizes), args)
    y = reshape(elementwise(f, columns), sizes)
    eltype(y) <: AbstractFloat || return y
    back = Δ -> [
        args[i] isa Tracked ? slope_by(f, columns, i, vec(Δ), sizes, size(args[i])) : nothing
        for i in 1:length(args)
    ]
    return record(y, collect(Any, args), back)
end

is_array(x) = x isa AbstractArray
stretched(x, sizes) = x
function stretched(x::AbstractArray, sizes)
    size(x) == sizes && return vec(x)
    whole = (size(x)..., ntuple(_ -> 1, length(sizes) - ndims(x))...)
    times = map((from, to) -> from == to ? 1 : to, whole, sizes)
    return vec(repeat(reshape(x, whole); outer = times))
end

item(x, i) = x
item(x::Vector, i) = x[i]

elementwise(f, (x,)::Tuple{Vector}) = [f(each) for each in x]
elementwise(f, columns::Tuple) =
    [f(map(x -> item(x, i), columns)...) for i in 1:maximum(map(rows, columns))]
rows(x) = x isa Vector ? length(x) : 1

"The slope of one argument of an operation."
function slope_by(f, columns, place, Δ, sizes, own)
    x = columns[place]
    with = Base.setindex(columns, [Dual(each, one(each)) for each in x], place)
    slopes = reshape(slopes_of(elementwise(f, with)) .* Δ, sizes)
    # What was stretched is summed.
    dims = Tuple(d for d in 1:length(sizes) if (d > length(own) || own[d] == 1) && sizes[d] > 1)
    return isempty(dims) ? slopes : sum(slopes; dims = dims)
end

slopes_of(duals::Vector) = [slope(each) for each in duals]
