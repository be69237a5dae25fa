"""
The functions that Flux takes from NNlib. The first dimensions of an array are spatial, the last two
are channels and examples.
"""
module NNlib

using ..Tape
using ..Tape: Tracked, record, value

export relu, relu6, leakyrelu, elu, sigmoid, σ, swish, hardswish, softmax, conv, maxpool, meanpool,
    PoolDims, batched_mul, pad_zeros, upsample_nearest, upsample_bilinear

relu(x) = max(zero(x), x)
relu6(x) = min(max(zero(x), x), oftype(x, 6))
leakyrelu(x, a = oftype(float(x), 0.01)) = x > 0 ? float(x) : oftype(float(x), a * x)
elu(x, α = one(float(x))) = x >= 0 ? float(x) : oftype(float(x), α) * (exp(x) - 1)
function sigmoid(x)
    t = exp(-abs(x))
    return x >= 0 ? inv(1 + t) : t / (1 + t)
end
const σ = sigmoid
swish(x) = x * sigmoid(x)
hardswish(x) = x * clamp((x + 3) / 6, 0, 1)

for name in (:relu, :relu6, :sigmoid, :swish, :hardswish)
    # Flux refuses these without a dot.
    @eval $name(::AbstractArray) = error($"use broadcasting: $name.(x)")
end

function softmax(x; dims = 1)
    powers = exp.(x .- maximum(value(x); dims = dims))
    return powers ./ sum(powers; dims = dims)
end

"""
    batched_mul(A, B)

The product of each matrix of `A` with that of `B`: `A[:, :, k] * B[:, :, k]`.
"""
function batched_mul(A::AbstractArray{<:Any, 3}, B::AbstractArray{<:Any, 3})
    product(a, b) = cat((a[:, :, k] * b[:, :, k] for k in 1:size(a, 3))...; dims = 3)
    turned(x) = permutedims(x, (2, 1, 3))
    a, b = value(A), value(B)
    size(a, 3) == size(b, 3) || throw(DimensionMismatch("$(size(a)) and $(size(b))"))
    return record(product(a, b), [A, B], Δ -> [product(Δ, turned(b)), product(turned(a), Δ)])
end

"""
Windows over three spatial dimensions, each given as (W, H, D); fewer are filled up with 1.
"""
struct Windows
    input::NTuple{3, Int}
    kernel::NTuple{3, Int}
    stride::NTuple{3, Int}
    before::NTuple{3, Int}
    dilation::NTuple{3, Int}
    output::NTuple{3, Int}
end

three(x::Tuple, with::Int) = ntuple(i -> i <= length(x) ? Int(x[i]) : with, 3)
spread(x::Integer, n) = ntuple(_ -> Int(x), n)
spread(x::Tuple, n) = x

"Pads as (before, after) of each dimension, from one number, one for each dimension, or two."
function sides(pad, n)
    pad = spread(pad, n)
    length(pad) == 2n && return pad[1:2:end], pad[2:2:end]
    length(pad) == n || throw(DimensionMismatch("$(length(pad)) pads for $n dimensions"))
    return pad, pad
end

function Windows(input::Tuple, kernel::Tuple; stride, pad, dilation, output = nothing)
    n = length(kernel)
    stride, dilation = spread(stride, n), spread(dilation, n)
    before, after = sides(pad, n)
    reach = (kernel .- 1) .* dilation .+ 1
    found = fld.(input .+ before .+ after .- reach, stride) .+ 1
    all(found .>= 1) || throw(DimensionMismatch("the window $kernel exceeds the input $input"))
    output = output === nothing ? found : output
    return Windows(
        three(input, 1), three(kernel, 1), three(stride, 1), three(before, 0),
        three(dilation, 1), three(output, 1),
    )
end

"An array with three spatial dimensions."
volume(x::Array) = reshape(x, three(size(x)[1:(end - 2)], 1)..., size(x)[(end - 1):end]...)

include("convolutions.jl")
include("pools.jl")
include("resizing.jl")

end
