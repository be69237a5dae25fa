# Normalisations and dropout, and what they do in training.

"""
    BatchNorm(channels, λ = identity; eps = 1f-5, momentum = 0.1f0)

Normalisation by the mean and the variance of each channel: of the batch in training, the running
ones else. The running variance is unbiased.
"""
mutable struct BatchNorm{F, V, N, W}
    λ::F
    β::V
    γ::V
    μ::W
    σ²::W
    ϵ::N
    momentum::N
    active::Union{Bool, Nothing}
end
zeros32(n...) = zeros(Float32, n...)
ones32(n...) = ones(Float32, n...)

# As in Flux, both have one type.
batch_norm(n, λ, eps::N, momentum::N) where {N} =
    BatchNorm(λ, zeros32(n), ones32(n), zeros32(n), ones32(n), eps, momentum, nothing)

"""
    GroupNorm(channels, groups, λ = identity; eps = 1f-5)

Normalisation by the mean and the variance of each group of channels of an example.
"""
mutable struct GroupNorm{F, V, N}
    G::Int
    λ::F
    β::V
    γ::V
    ϵ::N
    momentum::N
end
group_norm(n, G, λ, eps::N, momentum::N) where {N} =
    GroupNorm(G, λ, zeros32(n), ones32(n), eps, momentum)

if OLD
    BatchNorm(n::Int, λ = identity; ϵ = 1f-5, momentum = 0.1f0) = batch_norm(n, λ, ϵ, momentum)
    GroupNorm(n::Int, G::Int, λ = identity; ϵ = 1f-5, momentum = 0.1f0) =
        group_norm(n, G, λ, ϵ, momentum)
else
    BatchNorm(n::Int, λ = identity; eps = 1f-5, momentum = 0.1f0) =
        batch_norm(n, λ, eps, momentum)
    GroupNorm(n::Int, G::Int, λ = identity; eps = 1f-5, momentum = 0.1f0) =
        group_norm(n, G, λ, eps, momentum)
end

in_dimension(v, d, n) = reshape(v, ntuple(i -> i == d ? length(v) : 1, n))

function (m::BatchNorm)(x)
    n = ndims(x)
    size(x, n - 1) == length(m.μ) || throw(DimensionMismatch("expected $(length(m.μ)) channels"))
    if m.active === true
        dims = Tuple(d for d in 1:n if d != n - 1)
        μ = mean(x; dims = dims)
        σ² = mean((x .- μ) .^ 2; dims = dims)
        count = length(x) ÷ length(m.μ)
        remember!(m, vec(Tape.value(μ)), vec(Tape.value(σ²)) .* (count / (count - 1)))
    else
        μ, σ² = in_dimension(m.μ, n - 1, n), in_dimension(m.σ², n - 1, n)
    end
    γ, β = in_dimension(m.γ, n - 1, n), in_dimension(m.β, n - 1, n)
    return m.λ.(γ .* (x .- μ) ./ sqrt.(σ² .+ oftype_of(x, m.ϵ)) .+ β)
end

# Flux 0.12 computes on in whatever type comes of it.
oftype_of(x, eps) = OLD ? eps : convert(eltype(x), eps)

function remember!(m::BatchNorm, μ, σ²)
    keep = 1 - m.momentum
    m.μ .= keep .* m.μ .+ m.momentum .* μ
    m.σ² .= keep .* m.σ² .+ m.momentum .* σ²
end

function (m::GroupNorm)(x)
    n = ndims(x)
    channels = size(x, n - 1)
    parted = reshape(x, :, m.G, size(x, n))
    μ = mean(parted; dims = 1)
    σ² = mean((parted .- μ) .^ 2; dims = 1)
    normed = reshape((parted .- μ) ./ sqrt.(σ² .+ oftype_of(x, m.ϵ)), size(x))
    γ, β = in_dimension(m.γ, n - 1, n), in_dimension(m.β, n - 1, n)
    return m.λ.(γ .* normed .+ β)
end

"""
    Dropout(p)

In training each element is 0 with the probability `p`, and else divided by `1 - p`.
"""
mutable struct Dropout{F}
    p::F
    active::Union{Bool, Nothing}
end
function Dropout(p)
    0 <= p <= 1 || throw(ArgumentError("expected a probability, received $p"))
    return Dropout(p, nothing)
end
function (m::Dropout)(x)
    m.active === true || return x
    scale = m.p == 1 ? 0 : 1 / (1 - m.p)
    return x .* eltype(x).(scale .* (rand(size(x)...) .>= m.p))
end

# ---- what a layer is made of ----

"The types that Flux looks into: its own, and those that it has been told of."
const KNOWN = Set{Any}((
    Chain, Parallel, SkipConnection, Conv, ConvTranspose, CrossCor, Dense, BatchNorm, GroupNorm,
    Dropout,
))
wrapper(@nospecialize x) = Base.typename(typeof(x)).wrapper
known(@nospecialize x) = wrapper(x) in KNOWN

if OLD
    macro functor(name)
        return :(push!(KNOWN, $(esc(name))))
    end
else
    macro layer(name)
        return :(push!(KNOWN, $(esc(name))))
    end
end

# Not compiled anew for each kind of layer.
fields(@nospecialize x) = Any[getfield(x, name) for name in fieldnames(typeof(x))]

"The same with other fields."
rebuilt(@nospecialize(x), parts) = wrapper(x)(parts...)
like(@nospecialize(x::Tuple), parts) = Tuple(parts)
like(@nospecialize(x::NamedTuple), parts) = NamedTuple{keys(x)}(Tuple(parts))

function change(f, @nospecialize x)
    x isa Array{<:AbstractFloat} && return f(x)
    x isa Union{Tuple, NamedTuple} && return like(x, Any[change(f, each) for each in x])
    return known(x) ? rebuilt(x, Any[change(f, each) for each in fields(x)]) : x
end

f64(m) = change(x -> convert(Array{Float64}, x), m)
f32(m) = change(x -> convert(Array{Float32}, x), m)

"""
    trainmode!(m)
    testmode!(m)

Whether normalisations and dropouts do what they do in training.
"""
trainmode!(m) = mode!(m, true)
testmode!(m) = mode!(m, false)

function mode!(@nospecialize(m), active)
    if m isa Union{BatchNorm, Dropout}
        m.active = active
    elseif m isa Union{Tuple, NamedTuple}
        foreach(each -> mode!(each, active), Any[m...])
    elseif known(m)
        foreach(each -> mode!(each, active), fields(m))
    end
    return m
end

function Tape.follow(@nospecialize(x), made)
    x isa Array{<:AbstractFloat} && return get!(() -> Tape.tracked(x), made, x)
    x isa Union{Tuple, NamedTuple} && return like(x, Any[Tape.follow(each, made) for each in x])
    (x isa Function || !known(x)) && return x
    haskey(made, x) && return made[x]
    # Running statistics are not trained.
    parts = map(fields(x)) do each
        x isa BatchNorm && (each === x.μ || each === x.σ²) ? each : Tape.follow(each, made)
    end
    return made[x] = rebuilt(x, parts)
end

function Tape.slopes(@nospecialize x)
    x isa Tape.Tracked && return x.slope
    x isa Union{Tuple, NamedTuple} && return like(x, Any[Tape.slopes(each) for each in x])
    known(x) || return nothing
    return NamedTuple{fieldnames(typeof(x))}(Tuple(Any[Tape.slopes(each) for each in fields(x)]))
end
