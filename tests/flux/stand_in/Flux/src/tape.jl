"""
Derivatives: arrays that remember how they were made, and numbers that carry a derivative along.

A `Tracked` array has no elements to be read one by one, so that an operation that does not know it
fails, and none can lose a derivative in silence.
"""
module Tape

using Statistics

export Tracked, Dual, tracked, value, partial, gradient, record

"A number and its derivative."
struct Dual{T <: AbstractFloat} <: Real
    value::T
    slope::T
end

Dual{T}(x::Real) where {T <: AbstractFloat} = Dual{T}(T(x), zero(T))
Dual{T}(x::Dual{T}) where {T <: AbstractFloat} = x
Base.convert(::Type{Dual{T}}, x::Real) where {T <: AbstractFloat} = Dual{T}(x)
Base.convert(::Type{Dual{T}}, x::Dual{T}) where {T <: AbstractFloat} = x
# As with plain arrays, a wider number makes the result wider.
Base.promote_rule(::Type{Dual{T}}, ::Type{S}) where {T, S <: Union{Integer, Rational}} = Dual{T}
Base.promote_rule(::Type{Dual{T}}, ::Type{<:AbstractIrrational}) where {T} = Dual{T}
Base.promote_rule(::Type{Dual{T}}, ::Type{S}) where {T, S <: AbstractFloat} =
    Dual{promote_type(T, S)}
Base.convert(::Type{Dual{T}}, x::Dual) where {T <: AbstractFloat} =
    Dual{T}(T(x.value), T(x.slope))
Base.float(x::Dual) = x
Base.zero(::Type{Dual{T}}) where {T} = Dual{T}(0)
Base.one(::Type{Dual{T}}) where {T} = Dual{T}(1)

slope(x::Dual) = x.slope
slope(x::Real) = zero(float(x))

Base.:+(x::Dual{T}, y::Dual{T}) where {T} = Dual{T}(x.value + y.value, x.slope + y.slope)
Base.:-(x::Dual{T}, y::Dual{T}) where {T} = Dual{T}(x.value - y.value, x.slope - y.slope)
Base.:-(x::Dual{T}) where {T} = Dual{T}(-x.value, -x.slope)
Base.:*(x::Dual{T}, y::Dual{T}) where {T} =
    Dual{T}(x.value * y.value, x.slope * y.value + x.value * y.slope)
function Base.:/(x::Dual{T}, y::Dual{T}) where {T}
    ratio = x.value / y.value
    return Dual{T}(ratio, (x.slope - ratio * y.slope) / y.value)
end
Base.inv(x::Dual) = one(x) / x
Base.abs(x::Dual) = x.value < 0 ? -x : x
function Base.sqrt(x::Dual{T}) where {T}
    root = sqrt(x.value)
    return Dual{T}(root, x.slope / (2 * root))
end
function Base.exp(x::Dual{T}) where {T}
    power = exp(x.value)
    return Dual{T}(power, power * x.slope)
end
Base.log(x::Dual{T}) where {T} = Dual{T}(log(x.value), x.slope / x.value)
function Base.tanh(x::Dual{T}) where {T}
    y = tanh(x.value)
    return Dual{T}(y, (1 - y^2) * x.slope)
end
Base.:^(x::Dual, n::Integer) = Base.power_by_squaring(x, n)
Base.:^(x::Dual{T}, p::AbstractFloat) where {T} =
    Dual{T}(x.value^p, p * x.value^(p - 1) * x.slope)
function Base.:^(x::Dual{T}, p::Dual{T}) where {T}
    y = x.value^p.value
    return Dual{T}(y, y * (p.value * x.slope / x.value + p.slope * log(x.value)))
end
Base.:(==)(x::Dual, y::Dual) = x.value == y.value
Base.:<(x::Dual, y::Dual) = x.value < y.value
Base.:<=(x::Dual, y::Dual) = x.value <= y.value
Base.isless(x::Dual, y::Dual) = isless(x.value, y.value)

"An array whose making is remembered: what it was made of, and how slopes flow back to that."
mutable struct Tracked{T, N} <: AbstractArray{T, N}
    value::Array{T, N}
    slope::Union{Nothing, Array{T, N}}
    parents::Vector{Any}
    back::Any
end

tracked(x::Array) = Tracked(x, nothing, [], nothing)
value(x::Tracked) = x.value
value(x) = x

Base.size(x::Tracked) = size(x.value)
Base.getindex(::Tracked, ::Any...) = error("the stand-in cannot take a derivative of this indexing")

"One or some along some dimensions, and all along others, as tokens and channels are taken."
function Base.getindex(
    x::Tracked{<:Any, N}, places::Vararg{Union{Colon, Int, UnitRange{Int}}, N}
) where {N}
    any(each -> each isa Colon, places) || error("the stand-in takes no single elements")
    function back(Δ)
        slope = zero(x.value)
        slope[places...] = Δ
        return [slope]
    end
    return record(x.value[places...], [x], back)
end
Base.dropdims(x::Tracked; dims) = reshape(x, size(dropdims(x.value; dims = dims)))
Base.show(io::IO, x::Tracked) = print(io, "tracked ", summary(x.value))
Base.show(io::IO, ::MIME"text/plain", x::Tracked) = show(io, x)

"The result of an operation; `back` gives the slope of each parent, or nothing."
function record(y::Array, parents::Vector, back)
    any(each -> each isa Tracked, parents) || return y
    return Tracked(y, nothing, convert(Vector{Any}, parents), back)
end
record(y::Number, parents::Vector, back) = record(fill(y), parents, Δ -> back(Δ[]))

function add!(x::Tracked, Δ)
    Δ === nothing && return
    part = reshape(convert(Array{eltype(x)}, Δ), size(x))
    x.slope = x.slope === nothing ? copy(part) : x.slope .+ part
    return
end
add!(::Any, ::Any) = nothing

function backwards!(root::Tracked)
    order, seen = Tracked[], Set{UInt}()
    # Depth first, without recursion: networks are deep.
    stack = Any[(root, false)]
    while !isempty(stack)
        node, done = pop!(stack)
        if done
            push!(order, node)
        elseif !(objectid(node) in seen)
            push!(seen, objectid(node))
            push!(stack, (node, true))
            for each in node.parents
                each isa Tracked && push!(stack, (each, false))
            end
        end
    end
    root.slope = fill!(similar(root.value), 1)
    for node in Iterators.reverse(order)
        (node.back === nothing || node.slope === nothing) && continue
        for (parent, Δ) in zip(node.parents, Base.invokelatest(node.back, node.slope))
            add!(parent, Δ)
        end
    end
end

include("broadcasting.jl")
include("arrays.jl")

"""
    gradient(f, args...)

The derivatives of a function that gives a number, by each argument: an array for an array, a
`NamedTuple` of its fields for a layer, `nothing` for what has none.
"""
function gradient(f, args...)
    made = IdDict{Any, Any}()
    followed = map(each -> follow(each, made), args)
    y = f(followed...)
    y isa Tracked && backwards!(y)
    return Tuple(Any[slopes(each) for each in followed])
end

"A copy of something with its arrays tracked."
function follow end

"What `gradient` says of something that was followed."
function slopes end

end
