# How arrays start, all in Float32.

"The inputs and outputs of one unit, times the kernel's positions."
nfan(out::Integer, in::Integer) = in, out
nfan(n::Integer) = 1, n
nfan(sizes::Integer...) = prod(sizes[1:(end - 2)]) .* (sizes[end - 1], sizes[end])

between(bound, sizes) = Float32(bound) .* (2 .* rand(Float32, sizes...) .- 1)

glorot_uniform(sizes::Integer...) = between(sqrt(6 / sum(nfan(sizes...))), sizes)
glorot_normal(sizes::Integer...) =
    Float32(sqrt(2 / sum(nfan(sizes...)))) .* randn(Float32, sizes...)
kaiming_uniform(sizes::Integer...; gain = √2) = between(gain * sqrt(3 / nfan(sizes...)[1]), sizes)
kaiming_normal(sizes::Integer...; gain = √2) =
    Float32(gain / sqrt(nfan(sizes...)[1])) .* randn(Float32, sizes...)

"Normal, drawn again where it is not between `lo` and `hi`."
function truncated_normal(sizes::Integer...; mean = 0, std = 1, lo = -2, hi = 2)
    draw() = mean + std * randn()
    return map(zeros(Float32, sizes...)) do _
        x = draw()
        while !(lo <= x <= hi)
            x = draw()
        end
        Float32(x)
    end
end
