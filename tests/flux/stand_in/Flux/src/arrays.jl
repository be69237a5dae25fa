# Operations on whole arrays.

Base.:+(x::Tracked, y::AbstractArray) = same_sizes(+, x, y)
Base.:+(x::AbstractArray, y::Tracked) = same_sizes(+, x, y)
Base.:+(x::Tracked, y::Tracked) = same_sizes(+, x, y)
Base.:+(x::Tracked, y::Tracked, more::Tracked...) = foldl(+, (y, more...); init = x)

function same_sizes(f, x, y)
    size(x) == size(y) || throw(DimensionMismatch("$(size(x)) and $(size(y))"))
    return broadcast(f, x, y)
end

function Base.:*(W::Union{Tracked{<:Any, 2}, Matrix}, x::Tracked{<:Any, 2})
    return record(value(W) * x.value, [W, x], Δ -> [Δ * x.value', value(W)' * Δ])
end
function Base.:*(W::Tracked{<:Any, 2}, x::Matrix)
    return record(W.value * x, [W], Δ -> [Δ * x'])
end

function Base.reshape(x::Tracked, dims::Tuple{Vararg{Union{Int, Colon}}})
    y = reshape(x.value, dims)
    return record(y, [x], Δ -> [reshape(Δ, size(x))])
end
Base.reshape(x::Tracked, dims::Dims) =
    record(reshape(x.value, dims), [x], Δ -> [reshape(Δ, size(x))])
Base.reshape(x::Tracked, dims::Union{Int, Colon}...) = reshape(x, dims)

function Base.permutedims(x::Tracked, order)
    return record(permutedims(x.value, order), [x], Δ -> [permutedims(Δ, invperm(order))])
end

function Base.sum(x::Tracked; dims = :)
    back = Δ -> [Δ .+ zero(x.value)]
    return record(sum(x.value; dims = dims), [x], back)
end

function Statistics.mean(x::Tracked; dims = :)
    total = sum(x; dims = dims)
    return total .* eltype(x)(length(total) / length(x))
end

function Base.cat(xs::Tracked...; dims)
    return joined(xs, dims)
end
Base.cat(x::Tracked, y::AbstractArray, zs::AbstractArray...; dims) = joined((x, y, zs...), dims)
Base.cat(x::Array, y::Tracked, zs::AbstractArray...; dims) = joined((x, y, zs...), dims)

function joined(xs, dims::Integer)
    y = cat(map(value, xs)...; dims = dims)
    ends = cumsum([size(x, dims) for x in xs])
    back = Δ -> [
        collect(selectdim(Δ, dims, (last - size(x, dims) + 1):last)) for (x, last) in zip(xs, ends)
    ]
    return record(y, collect(Any, xs), back)
end

# A number that is still an array without dimensions.
Base.:+(x::Tracked{<:Any, 0}, y::Number) = x .+ y
Base.:+(x::Number, y::Tracked{<:Any, 0}) = x .+ y
