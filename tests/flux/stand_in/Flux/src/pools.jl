# Pools. Padding is no element of a window whose greatest element is taken, and zero for a mean.

"A window over the spatial dimensions of an array, as NNlib describes it."
struct PoolDims
    kernel::Tuple
    stride::Any
    padding::Any
    dilation::Any
end
PoolDims(x, kernel::Tuple; stride = kernel, padding = 0, dilation = 1) =
    PoolDims(kernel, stride, padding, dilation)

maxpool(x, kernel::Tuple; pad = 0, stride = kernel) =
    maxpool(x, PoolDims(kernel, stride, pad, 1))
meanpool(x, kernel::Tuple; pad = 0, stride = kernel) =
    meanpool(x, PoolDims(kernel, stride, pad, 1))

windows(x, d::PoolDims) = Windows(
    size(x)[1:(end - 2)], d.kernel; stride = d.stride, pad = d.padding, dilation = d.dilation,
)

function maxpool(x, d::PoolDims)
    w, data = windows(x, d), volume(value(x))
    images = reshape(data, w.input..., :)
    y = fill(typemin(eltype(x)), prod(w.output), size(images, 4))
    # Of equal elements the first one counts.
    chosen = zeros(Int, size(y))
    for image in 1:size(images, 4)
        over(w) do spot, i, j, k
            if images[i, j, k, image] > y[spot, image] || chosen[spot, image] == 0
                y[spot, image] = images[i, j, k, image]
                chosen[spot, image] = LinearIndices(images)[i, j, k, image]
            end
        end
    end
    function back(Δ)
        slope = zeros(eltype(data), size(x))
        for (place, each) in zip(chosen, reshape(Δ, size(y)))
            slope[place] += each
        end
        return [slope]
    end
    return record(reshape(y, sizes(x, w)), [x], back)
end

function meanpool(x, d::PoolDims)
    w, data = windows(x, d), volume(value(x))
    images = reshape(data, w.input..., :)
    y = zeros(eltype(x), prod(w.output), size(images, 4))
    for image in 1:size(images, 4)
        over((spot, i, j, k) -> y[spot, image] += images[i, j, k, image], w)
    end
    y ./= prod(w.kernel)
    function back(Δ)
        slope, parts = zeros(eltype(data), size(images)), reshape(Δ, size(y)) ./ prod(w.kernel)
        for image in 1:size(images, 4)
            over((spot, i, j, k) -> slope[i, j, k, image] += parts[spot, image], w)
        end
        return [reshape(slope, size(x))]
    end
    return record(reshape(y, sizes(x, w)), [x], back)
end

sizes(x, w::Windows) = (w.output[1:(ndims(x) - 2)]..., size(x)[(end - 1):end]...)

"Each element of each window, by the window's number and its own place."
function over(f, w::Windows)
    ow, oh, od = w.output
    for o3 in 1:od, o2 in 1:oh, o1 in 1:ow
        spot = o1 + ow * (o2 - 1 + oh * (o3 - 1))
        for c3 in 1:w.kernel[3], c2 in 1:w.kernel[2], c1 in 1:w.kernel[1]
            i = (o1 - 1) * w.stride[1] + (c1 - 1) * w.dilation[1] + 1 - w.before[1]
            j = (o2 - 1) * w.stride[2] + (c2 - 1) * w.dilation[2] + 1 - w.before[2]
            k = (o3 - 1) * w.stride[3] + (c3 - 1) * w.dilation[3] + 1 - w.before[3]
            inside = 1 <= i <= w.input[1] && 1 <= j <= w.input[2] && 1 <= k <= w.input[3]
            inside && f(spot, i, j, k)
        end
    end
end
