# Convolutions, as products with matrices. A convolution in the sense of mathematics takes the
# kernel backwards; NNlib's `conv` is one, unless it is told that the kernel is flipped already.

"The elements under each window of one example's channels, one window in each column."
function columns!(cols::Matrix, x::AbstractArray{<:Any, 4}, w::Windows)
    fill!(cols, 0)
    across(w, size(x, 4)) do row, column, i, j, k, c
        cols[row, column] = x[i, j, k, c]
    end
    return cols
end

"The way back: what stands in the columns, added up where it was taken from."
function uncolumns!(x::AbstractArray{<:Any, 4}, cols::Matrix, w::Windows)
    across(w, size(x, 4)) do row, column, i, j, k, c
        x[i, j, k, c] += cols[row, column]
    end
    return x
end

function across(f, w::Windows, channels::Int)
    kw, kh, kd = w.kernel
    ow, oh, od = w.output
    for c in 1:channels, c3 in 1:kd, c2 in 1:kh, c1 in 1:kw
        row = c1 + kw * (c2 - 1 + kh * (c3 - 1 + kd * (c - 1)))
        for o3 in 1:od
            k = (o3 - 1) * w.stride[3] + (c3 - 1) * w.dilation[3] + 1 - w.before[3]
            1 <= k <= w.input[3] || continue
            for o2 in 1:oh
                j = (o2 - 1) * w.stride[2] + (c2 - 1) * w.dilation[2] + 1 - w.before[2]
                1 <= j <= w.input[2] || continue
                for o1 in 1:ow
                    i = (o1 - 1) * w.stride[1] + (c1 - 1) * w.dilation[1] + 1 - w.before[1]
                    1 <= i <= w.input[1] || continue
                    f(row, o1 + ow * (o2 - 1 + oh * (o3 - 1)), i, j, k, c)
                end
            end
        end
    end
end

"What the products of convolutions share: the windows, and the parts of each group."
struct Plan
    w::Windows
    groups::Int
    inputs::Int
    outputs::Int
    flipped::Bool
end

function plan(xsize, wsize; stride, pad, dilation, groups, flipped = false, output = nothing)
    w = Windows(
        xsize[1:(end - 2)], wsize[1:(end - 2)];
        stride = stride, pad = pad, dilation = dilation, output = output,
    )
    inputs, outputs = xsize[end - 1], wsize[end]
    taken = wsize[end - 1] * groups
    inputs == taken || throw(DimensionMismatch("the kernel takes $taken channels, not $inputs"))
    return Plan(w, groups, inputs ÷ groups, outputs ÷ groups, flipped)
end

part(n, g) = ((g - 1) * n + 1):(g * n)
rows(p::Plan) = prod(p.w.kernel) * p.inputs
spots(p::Plan) = prod(p.w.output)

"A kernel (width, height, depth, in, out), backwards unless it is so already."
backwards(p::Plan, w::Array) = p.flipped ? w : w[end:-1:1, end:-1:1, end:-1:1, :, :]

"The kernel of each group as a matrix: a column for each output channel."
function matrices(p::Plan, weight)
    w = backwards(p, volume(weight))
    return [reshape(w[:, :, :, :, part(p.outputs, g)], rows(p), p.outputs) for g in 1:p.groups]
end

function forwards(p::Plan, x::Array{T}, weight::Array{T}) where {T}
    x, kernels = volume(x), matrices(p, weight)
    y = zeros(T, spots(p), p.outputs * p.groups, size(x, 5))
    cols = zeros(T, rows(p), spots(p))
    for n in 1:size(x, 5), g in 1:p.groups
        columns!(cols, view(x, :, :, :, part(p.inputs, g), n), p.w)
        y[:, part(p.outputs, g), n] = cols' * kernels[g]
    end
    return y
end

function slope_of_data(p::Plan, Δ::Array{T, 3}, weight::Array{T}) where {T}
    kernels = matrices(p, weight)
    x = zeros(T, p.w.input..., p.inputs * p.groups, size(Δ, 3))
    for n in 1:size(Δ, 3), g in 1:p.groups
        cols = kernels[g] * Δ[:, part(p.outputs, g), n]'
        uncolumns!(view(x, :, :, :, part(p.inputs, g), n), cols, p.w)
    end
    return x
end

function slope_of_kernel(p::Plan, x::Array{T}, Δ::Array{T, 3}, wsize) where {T}
    x = volume(x)
    result = zeros(T, p.w.kernel..., p.inputs, p.outputs * p.groups)
    cols = zeros(T, rows(p), spots(p))
    for n in 1:size(x, 5), g in 1:p.groups
        columns!(cols, view(x, :, :, :, part(p.inputs, g), n), p.w)
        product = cols * Δ[:, part(p.outputs, g), n]
        result[:, :, :, :, part(p.outputs, g)] .+=
            reshape(product, p.w.kernel..., p.inputs, p.outputs)
    end
    return reshape(backwards(p, result), wsize)
end

flat(p::Plan, Δ) = reshape(Δ, spots(p), p.outputs * p.groups, :)

"""
    conv(x, weight; stride, pad, dilation, groups, flipped)

`weight` has the sizes (spatial..., in ÷ groups, out).
"""
function conv(x, weight; stride = 1, pad = 0, dilation = 1, groups = 1, flipped = false)
    p = plan(
        size(x), size(weight);
        stride = stride, pad = pad, dilation = dilation, groups = groups, flipped = flipped,
    )
    vx, vw = same_type(value(x), value(weight))
    spatial = p.w.output[1:(ndims(x) - 2)]
    y = reshape(forwards(p, vx, vw), spatial..., size(weight)[end], size(x)[end])
    back = Δ -> [
        reshape(slope_of_data(p, flat(p, Δ), vw), size(x)),
        slope_of_kernel(p, vx, flat(p, Δ), size(weight)),
    ]
    return record(y, [x, weight], back)
end

"""
    transposed(x, weight; stride, pad, dilation, groups, outpad)

The gradient of `conv` by its data; `weight` has the sizes (spatial..., out ÷ groups, in).
"""
function transposed(x, weight; stride = 1, pad = 0, dilation = 1, groups = 1, outpad = 0)
    n = ndims(x) - 2
    before, after = sides(pad, n)
    reach = (size(weight)[1:n] .- 1) .* spread(dilation, n) .+ 1
    sizes = (size(x)[1:n] .- 1) .* spread(stride, n) .+ spread(outpad, n)
    sizes = sizes .+ reach .- before .- after
    whole = (sizes..., size(weight)[end - 1] * groups, size(x)[end])
    p = plan(
        whole, size(weight);
        stride = stride, pad = pad, dilation = dilation, groups = groups, output = size(x)[1:n],
    )
    vx, vw = same_type(value(x), value(weight))
    y = reshape(slope_of_data(p, flat(p, vx), vw), whole)
    back = Δ -> [
        reshape(forwards(p, Δ, vw), size(x)),
        slope_of_kernel(p, Δ, flat(p, vx), size(weight)),
    ]
    return record(y, [x, weight], back)
end

function same_type(x::Array, w::Array)
    T = promote_type(eltype(x), eltype(w))
    return convert(Array{T}, x), convert(Array{T}, w)
end
