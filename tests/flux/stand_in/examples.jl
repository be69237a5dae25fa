# What Flux's documentation shows, of the stand-in; and its derivatives against differences.
#
# julia examples.jl, with this folder among JULIA_LOAD_PATH. With FLUX_STAND_IN=0.12 what Flux 0.12
# does otherwise.

using Flux
using Random
using Statistics
using Test

Random.seed!(1)
const OLD = get(ENV, "FLUX_STAND_IN", "") == "0.12"
norm_of(n; eps, momentum) =
    OLD ? BatchNorm(n; ϵ = eps, momentum = momentum) : BatchNorm(n; eps = eps, momentum = momentum)

@testset "containers" begin
    @test Chain(x -> x^2, x -> x + 1)(5) == 26
    m, x = Chain(Dense(10, 5, tanh), Dense(5, 2)), rand(10, 32)
    @test m(x) == m[2](m[1](x))
    named = Chain(enc = Chain(Flux.flatten, Dense(10, 5, tanh)), dec = Dense(5, 2))
    @test named(x) == (named[:dec] ∘ named[:enc])(x)
    @test_throws ArgumentError Chain(layers = identity)
    inner = Parallel(vcat, Dense(5, 4), Chain(Dense(5, 7), Dense(7, 4)))
    two = Chain(Dense(3, 5), inner, Dense(8, 17))
    @test size(two(rand(3))) == (17,)
    sums = Parallel(+; α = Dense(10, 2, tanh), β = Dense(5, 2))
    @test size(sums(rand(10), rand(5))) == (2,)
    @test size(sums[:α](rand(10))) == (2,)
    @test sums[:β] == sums[2]
    conv, ones32 = Conv((3, 3), 4 => 7, pad = (1, 1)), ones(Float32, 5, 5, 4, 10)
    @test size(conv(ones32)) == (5, 5, 7, 10)
    skip = SkipConnection(conv, (mx, x) -> cat(mx, x, dims = 3))
    @test size(skip(ones32)) == (5, 5, 11, 10)
    joins = Parallel((xs...) -> length(xs), identity, identity, identity)
    OLD || @test joins(1) == 3
end

@testset "dense and convolutions" begin
    @test size(Dense(5, 2)(rand(Float32, 5, 64))) == (2, 64)
    @test Dense(ones(2, 5), false, tanh)(ones(5)) ≈ fill(0.9999092042625951, 2)
    @test Flux.nfan(size(Dense(10, 20).weight)...) == (10, 20)
    @test Flux.nfan(size(Conv((3, 3), 2 => 10).weight)...) == (18, 90)
    xs = rand(Float32, 100, 100, 3, 2)
    @test size(Conv((5, 5), 3 => 7, relu; bias = false)(xs)) == (96, 96, 7, 2)
    @test size(Conv((5, 5), 3 => 7; stride = 2)(xs)) == (48, 48, 7, 2)
    @test size(Conv((1, 1), 3 => 7; pad = (20, 10, 0, 0))(xs)) == (130, 100, 7, 2)
    @test size(Conv((5, 5), 3 => 7; stride = 2, dilation = 4)(xs)) == (42, 42, 7, 2)
    line = Conv(rand(3, 4, 5), zeros(5), sigmoid)
    @test size(line(randn(100, 4, 64))) == (98, 5, 64)
    @test size(ConvTranspose((5, 5), 3 => 7, relu)(xs)) == (104, 104, 7, 2)
    @test size(ConvTranspose((5, 5), 3 => 7, stride = 2)(xs)) == (203, 203, 7, 2)
    @test size(ConvTranspose((5, 5), 3 => 7, stride = 2, outpad = 1)(xs)) == (204, 204, 7, 2)
    # A convolution takes its kernel backwards.
    flipped = Conv(reshape([1.0, 10.0], 2, 1, 1))
    line = reshape([1.0, 2.0, 3.0, 4.0], 4, 1, 1)
    @test vec(flipped(line)) == [12, 23, 34]
    @test vec(CrossCor(flipped.weight)(line)) == [21, 32, 43]
    # The transpose of a convolution is what makes these two sums equal.
    x, y = rand(7, 6, 4, 2), rand(3, 3, 6, 2)
    w = rand(3, 2, 2, 6)
    given = (stride = (2, 2), pad = (0, 1, 1, 0), dilation = 1, groups = 2)
    out = Flux.NNlib.conv(x, w; given...)
    back = Flux.NNlib.transposed(rand(size(out)...), w; given..., outpad = (1, 1))
    @test size(back)[3:4] == (4, 2)
    y = rand(size(out)...)
    whole = Flux.NNlib.transposed(y, w; given..., outpad = size(x)[1:2] .- (size(back)[1:2] .- 1))
    @test sum(out .* y) ≈ sum(x .* whole)
end

@testset "pools" begin
    @test size(MaxPool((5,), pad = 2, stride = (3,))(rand(Float32, 100, 7, 50))) == (34, 7, 50)
    image = reshape(Float64.(1:16), 4, 4, 1, 1)
    @test MaxPool((2, 2))(image)[:, :, 1, 1] == [6 14; 8 16]
    @test MeanPool((2, 2))(image)[:, :, 1, 1] == [3.5 11.5; 5.5 13.5]
    # Padding is nothing to a maximum, and zeros to a mean.
    @test maximum(MaxPool((3, 3); pad = 1, stride = 1)(-image)) == -1
    @test MeanPool((2, 2); pad = 1, stride = 2)(image)[1] == 0.25
    wide = Chain(Conv((3, 3), 3 => 7), GlobalMeanPool())
    @test size(wide(rand(Float32, 10, 10, 3, 2))) == (1, 1, 7, 2)
    @test GlobalMeanPool()(image)[1] == 8.5
    @test GlobalMaxPool()(image)[1] == 16
    @test size(Flux.flatten(rand(3, 4, 5))) == (12, 5)
end

@testset "normalisations and dropout" begin
    xs = rand(3, 3, 3, 2)
    m = Flux.trainmode!(f64(BatchNorm(3)))
    @test isapprox(std(m(xs)), 1, atol = 0.1) && std(xs) != std(m(xs))
    m = Flux.trainmode!(f64(norm_of(3; eps = 1e-5, momentum = 0.25)))
    m(xs)
    @test m.μ ≈ 0.25 .* vec(mean(xs; dims = (1, 2, 4)))
    @test m.σ² ≈ 0.75 .+ 0.25 .* vec(var(xs; dims = (1, 2, 4)))
    before = copy(m.μ)
    Flux.testmode!(m)(xs)
    @test m.μ == before
    @test_throws MethodError norm_of(3; eps = 1e-5, momentum = 0.1f0)
    @test_throws MethodError OLD ? BatchNorm(3; eps = 1e-5) : BatchNorm(3; ϵ = 1e-5)
    groups = rand(3, 3, 4, 2)
    y = GroupNorm(4, 2)(groups)
    @test isapprox(std(y[:, :, 1:2, 1]), 1, atol = 0.1)
    @test isapprox(std(y[:, :, 3:4, 2]), 1, atol = 0.1)
    @test Flux.trainmode!(Chain(Dense(1, 1), Dropout(1)))([1.0]) == [0]
    kept = Flux.trainmode!(Dropout(0.5))(ones(1000))
    @test isapprox(count(==(0), kept) / 1000, 0.5, atol = 0.1)
    @test Set(kept) == Set([0.0, 2.0])
    @test Dropout(0.5)(ones(3)) == ones(3)
end

@testset "functions" begin
    @test relu(-1) == 0 && relu6(10f0) == 6 && relu6(-1f0) == 0
    @test leakyrelu(-10f0, 0.2) ≈ -2f0
    @test elu(-10f0) ≈ -0.9999546f0 && elu(-10f0, 2) ≈ -1.9999092f0
    @test sigmoid === σ && sigmoid(0) == 0.5 && swish(2.0) ≈ 2 / (1 + exp(-2))
    @test hardswish.([-4.0, 0, 4]) == [0, 0, 4]
    @test_throws ErrorException relu([1.0])
    @test softmax([1, 2, 3]) ≈ [0.0900306, 0.2447285, 0.665241] atol = 1e-7
    @test sum(softmax(rand(3, 4); dims = 2); dims = 2) ≈ ones(3)
    padded = pad_zeros([1 3; 2 4], (1, 2, 3, 4); dims = (1, 2))
    @test size(padded) == (5, 9) && padded[2:3, 4:5] == [1 3; 2 4] && sum(padded) == 10
    larger = upsample_nearest([1 2 3; 4 5 6], (2, 3))
    @test larger[[1, 3], :] == [1 1 1 2 2 2 3 3 3; 4 4 4 5 5 5 6 6 6]
    image = reshape(Float32[1 2 3; 4 5 6], 2, 3, 1, 1)
    @test upsample_bilinear(image, (2, 3))[:, :, 1, 1] ≈ [i + j for i in 0:3, j in 1:0.25:3]
    halves = upsample_bilinear(reshape([1.0, 2.0], 2, 1, 1, 1), (2, 1); align_corners = false)
    @test vec(halves) == [1, 1.25, 1.75, 2]
end

@testset "how arrays start" begin
    @test abs(std(Flux.kaiming_normal(50, 400)) - sqrt(2 / 400)) < 0.01
    @test maximum(abs, Flux.kaiming_uniform(50, 400; gain = 1)) <= sqrt(3 / 400)
    @test maximum(abs, Flux.glorot_uniform(3, 3, 8, 16)) <= sqrt(6 / (9 * 24))
    @test eltype(Flux.glorot_normal(2, 2)) == Float32
    @test maximum(abs, Flux.truncated_normal(100, 10; std = 0.1, lo = -0.2, hi = 0.2)) <= 0.2
end

"The derivative along a random direction, by differences and by the tape."
function agree(m, xs...)
    m = Flux.trainmode!(f64(m))
    slopes = gradient((m, xs...) -> sum(m(xs...) .* tanh.(m(xs...))), m, xs...)
    by_differences(x, i) = begin
        old, h = x[i], 1e-6
        values = map((old + h, old - h)) do each
            x[i] = each
            sum(m(xs...) .* tanh.(m(xs...)))
        end
        x[i] = old
        (values[1] - values[2]) / 2h
    end
    close(x, Δ) = all(1:min(length(x), 5)) do i
        isapprox(Δ[i], by_differences(x, i); rtol = 1e-6, atol = 1e-7)
    end
    # What holds no array has no derivative.
    own = slopes[1] === nothing ? (;) : slopes[1]
    inside = [(getfield(m, n), slope) for (n, slope) in pairs(own) if slope isa Array]
    return all(pair -> close(pair...), inside) && all(close.(xs, slopes[2:end]))
end
struct Apply{F}
    f::F
end
(m::Apply)(xs...) = m.f(xs...)
@static isdefined(Flux, Symbol("@layer")) ? (Flux.@layer Apply) : (Flux.@functor Apply)

# They are the same in all versions.
OLD || @testset "derivatives" begin
    x = randn(6, 5, 4, 2)
    @test agree(Conv((3, 2), 4 => 6, tanh; stride = 2, pad = (1, 0, 0, 2), groups = 2), x)
    @test agree(Conv((3,), 2 => 3, sigmoid; dilation = 2), randn(9, 2, 2))
    @test agree(Conv((2, 1, 2), 2 => 3; pad = 1), randn(4, 3, 4, 2, 2))
    @test agree(CrossCor((3, 2), 4 => 2), x)
    back = ConvTranspose((3, 2), 4 => 6; stride = 2, pad = (1, 0, 0, 1), outpad = 1, groups = 2)
    @test agree(back, x)
    @test agree(Dense(7, 3, swish), randn(7, 4))
    @test agree(BatchNorm(4, relu), x)
    @test agree(GroupNorm(4, 2), x)
    @test agree(MaxPool((3, 2); stride = 2, pad = 1), x)
    @test agree(MeanPool((3, 2); stride = 2, pad = (1, 0, 0, 1)), x)
    @test agree(GlobalMaxPool(), x)
    for f in (
        x -> maxpool(x, PoolDims(x, (2, 2); stride = 1, padding = (0, 1, 1, 0), dilation = 2)),
        x -> softmax(x; dims = 3), x -> elu.(x, 0.7), x -> leakyrelu.(x, 0.1), x -> hardswish.(x),
        x -> exp.(x) ./ (1 .+ x .^ 2) .^ 0.75, x -> x .^ 3 .+ sqrt.(abs.(x)), x -> relu6.(3 .* x),
        x -> pad_zeros(x, (1, 0, 2, 3); dims = (1, 2)), x -> upsample_nearest(x, (2, 3)),
        x -> upsample_bilinear(x, (2, 3); align_corners = false), x -> permutedims(x, (3, 1, 2, 4)),
        x -> cat(x, 2 .* x, x .^ 2; dims = 3), x -> mean(x; dims = (1, 3)) .* x,
        x -> x[:, :, 2:3, :], x -> x[2:end, :, 3, :], x -> sum(x; dims = 2),
        x -> reshape(x, :, 2), x -> one.(x) .* x,
    )
        @test agree(Apply(f), copy(x))
    end
    a, b = randn(3, 2), randn(3, 1)
    @test agree(Apply((x, y) -> x .* y .+ y), a, b)
    @test agree(Apply(+), randn(2, 3), randn(2, 3))
    @test_throws ErrorException gradient(x -> x[1], randn(3))
    pair, batch = (a = Dense(2, 2), b = Dense(2, 2)), ones(2, 1)
    both = gradient(m -> sum(m.a(batch) .+ m.b(batch)), pair)
    @test both[1].a.bias == ones(2)
end
