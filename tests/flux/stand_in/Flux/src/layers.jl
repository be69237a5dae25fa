# Layers, as Flux's documentation describes them.

"""
    Chain(layers...)
    Chain(name = layer, ...)

Layers called in sequence.
"""
struct Chain{T <: Union{Tuple, NamedTuple}}
    layers::T
end
Chain(layers...) = Chain(layers)
function Chain(; named...)
    :layers in keys(named) && throw(ArgumentError("a Chain cannot have a layer called `layers`"))
    return isempty(named) ? Chain(()) : Chain(values(named))
end

# Without a specialisation for each kind of chain, which would take long to compile.
function (c::Chain)(@nospecialize x)
    for layer in Tuple(c.layers)
        x = Base.invokelatest(layer, x)
    end
    return x
end

"""
    Parallel(connection, layers...)
    Parallel(connection; name = layer, ...)

Each layer called with the one input, or with one of several, and `connection` with their outputs.
"""
struct Parallel{F, T <: Union{Tuple, NamedTuple}}
    connection::F
    layers::T
end
Parallel(connection, layers...) = Parallel(connection, layers)
function Parallel(connection; named...)
    any(name -> name in keys(named), (:layers, :connection)) &&
        throw(ArgumentError("a Parallel layer cannot have a layer called `connection` or `layers`"))
    return Parallel(connection, isempty(named) ? () : values(named))
end

function (m::Parallel)(@nospecialize x)
    return join_outputs(m.connection, Any[Base.invokelatest(f, x) for f in Tuple(m.layers)])
end
(m::Parallel)(xs::Tuple) = m(xs...)
function (m::Parallel)(x, y, more...)
    xs = (x, y, more...)
    length(xs) == length(m.layers) || throw(ArgumentError("as many inputs as layers, or one"))
    pairs = zip(Tuple(m.layers), xs)
    return join_outputs(m.connection, Any[Base.invokelatest(f, x) for (f, x) in pairs])
end

# Flux 0.12 joins the first two, then that and the third.
join_outputs(connection, ys) = OLD ? reduce(connection, ys) : connection(ys...)

for kind in (:Chain, :Parallel)
    @eval Base.getindex(c::$kind, i::Union{Integer, Symbol}) = c.layers[i]
    @eval Base.keys(c::$kind) = keys(c.layers)
    @eval Base.length(c::$kind) = length(c.layers)
end
Base.getindex(c::Chain, i::AbstractVector) = Chain(Tuple(c.layers)[i])
Base.lastindex(c::Chain) = length(c)

"""
    SkipConnection(layer, connection)

`connection(layer(x), x)`.
"""
struct SkipConnection{T, F}
    layers::T
    connection::F
end
(skip::SkipConnection)(x) = skip.connection(Base.invokelatest(skip.layers, x), x)

"What a layer's bias is, given its keyword."
bias_of(weight, bias::Bool, n) = bias ? fill!(similar(weight, n), 0) : false
function bias_of(weight, bias::AbstractVector, n)
    length(bias) == n || throw(DimensionMismatch("expected a bias of $n elements"))
    return convert(Vector{eltype(weight)}, bias)
end

along_channels(bias::Bool, n) = bias
along_channels(bias, n) = reshape(bias, ntuple(_ -> 1, n)..., :, 1)

function kernel(size::Tuple, channels::Pair, groups, init)
    all(n -> n % groups == 0, channels) || throw(DimensionMismatch("groups must divide channels"))
    return init(size..., channels.first ÷ groups, channels.second)
end

"""
    Conv(filter, in => out, σ = identity;
         stride = 1, pad = 0, dilation = 1, groups = 1, [bias, init])

A convolution, which takes its kernel backwards; with `CrossCor` in its place, as it is.
"""
struct Conv{F, A, B}
    σ::F
    weight::A
    bias::B
    stride::Any
    pad::Any
    dilation::Any
    groups::Int
end
struct CrossCor{F, A, B}
    σ::F
    weight::A
    bias::B
    stride::Any
    pad::Any
    dilation::Any
    groups::Int
end

for (kind, flipped) in ((:Conv, false), (:CrossCor, true))
    @eval function $kind(
        filter::Tuple, channels::Pair, σ = identity;
        init = glorot_uniform, stride = 1, pad = 0, dilation = 1, groups = 1, bias = true,
    )
        weight = kernel(filter, channels, groups, init)
        b = bias_of(weight, bias, channels.second)
        return $kind(σ, weight, b, stride, pad, dilation, groups)
    end
    @eval function $kind(
        weight::AbstractArray, bias = true, σ = identity;
        stride = 1, pad = 0, dilation = 1, groups = 1,
    )
        b = bias_of(weight, bias, size(weight)[end])
        return $kind(σ, weight, b, stride, pad, dilation, groups)
    end
    @eval function (c::$kind)(x)
        y = NNlib.conv(
            x, c.weight; stride = c.stride, pad = c.pad, dilation = c.dilation, groups = c.groups,
            flipped = $flipped,
        )
        return c.σ.(y .+ along_channels(c.bias, ndims(x) - 2))
    end
end

"""
    ConvTranspose(filter, in => out, σ = identity;
                  stride = 1, pad = 0, outpad = 0, dilation = 1, groups = 1, [bias, init])

The transpose of a convolution.
"""
struct ConvTranspose{F, A, B}
    σ::F
    weight::A
    bias::B
    stride::Any
    pad::Any
    outpad::Any
    dilation::Any
    groups::Int
end
function ConvTranspose(
    filter::Tuple, channels::Pair, σ = identity; init = glorot_uniform, stride = 1, pad = 0,
    outpad = 0, dilation = 1, groups = 1, bias = true,
)
    weight = kernel(filter, reverse(channels), groups, init)
    b = bias_of(weight, bias, channels.second)
    return ConvTranspose(σ, weight, b, stride, pad, outpad, dilation, groups)
end
function (c::ConvTranspose)(x)
    y = NNlib.transposed(
        x, c.weight; stride = c.stride, pad = c.pad, dilation = c.dilation, groups = c.groups,
        outpad = c.outpad,
    )
    return c.σ.(y .+ along_channels(c.bias, ndims(x) - 2))
end

"""
    Dense(in, out, σ = identity; bias = true, init = glorot_uniform)
    Dense(in => out, σ = identity; ...)

`σ.(weight * x .+ bias)`; of more than two dimensions all but the first count examples.
"""
struct Dense{F, A, B}
    weight::A
    bias::B
    σ::F
end
function Dense(in::Integer, out::Integer, σ = identity; init = glorot_uniform, bias = true)
    weight = init(out, in)
    return Dense(weight, bias_of(weight, bias, out), σ)
end
OLD || (Dense(channels::Pair, σ = identity; named...) = Dense(channels..., σ; named...))
function (a::Dense)(x)
    ndims(x) > 2 || return a.σ.(a.weight * x .+ a.bias)
    y = a(reshape(x, size(x, 1), :))
    return reshape(y, size(y, 1), size(x)[2:end]...)
end

"""
    MaxPool(window; pad = 0, stride = window)
    MeanPool(window; pad = 0, stride = window)

Pools. A mean counts padded zeros.
"""
struct MaxPool
    window::Tuple
    pad::Any
    stride::Any
end
MaxPool(window::Tuple; pad = 0, stride = window) = MaxPool(window, pad, stride)
(m::MaxPool)(x) = maxpool(x, m.window; pad = m.pad, stride = m.stride)

struct MeanPool
    window::Tuple
    pad::Any
    stride::Any
end
MeanPool(window::Tuple; pad = 0, stride = window) = MeanPool(window, pad, stride)
(m::MeanPool)(x) = meanpool(x, m.window; pad = m.pad, stride = m.stride)

"Pools over all positions, which leave dimensions of 1."
struct GlobalMaxPool end
(::GlobalMaxPool)(x) = maxpool(x, size(x)[1:(end - 2)])

struct GlobalMeanPool end
(::GlobalMeanPool)(x) = meanpool(x, size(x)[1:(end - 2)])

"All dimensions in one, except for the last."
flatten(x) = reshape(x, :, size(x)[end])
