# Padding and upsampling.

"""
    pad_zeros(x, pad::Tuple; dims)

Zeros before and after `x` in some dimensions: `(before, after, before, after)` for two of them.
"""
function pad_zeros(x, pad::Tuple; dims)
    before, after = sides(pad, length(dims))
    # How many dimensions there are is known by all that is asked: no other is padded.
    low, high = zeros(Int, ndims(x)), zeros(Int, ndims(x))
    for (place, d) in enumerate(dims)
        low[d], high[d] = before[place], after[place]
    end
    y = zeros(eltype(x), (size(x) .+ Tuple(low) .+ Tuple(high))...)
    inner = ntuple(d -> (low[d] + 1):(low[d] + size(x, d)), ndims(x))
    y[inner...] = value(x)
    return record(y, [x], Δ -> [Δ[inner...]])
end

"""
    upsample_nearest(x, scale::Tuple)

Each element repeated.
"""
function upsample_nearest(x, scale::Tuple)
    places = ntuple(ndims(x)) do d
        d <= length(scale) ? repeat(1:size(x, d); inner = scale[d]) : collect(1:size(x, d))
    end
    y = value(x)[places...]
    function back(Δ)
        slope = zeros(eltype(x), size(x))
        for place in CartesianIndices(Δ)
            slope[ntuple(d -> places[d][place[d]], ndims(x))...] += Δ[place]
        end
        return [slope]
    end
    return record(y, [x], back)
end

"""
    upsample_bilinear(x, scale::Tuple; align_corners = true)

Interpolation between the two nearest elements, in the first two dimensions.
"""
function upsample_bilinear(x, scale::Tuple; align_corners::Bool = true)
    T = eltype(x)
    columns, rows = (interpolation(T, size(x, d), scale[d], align_corners) for d in 1:2)
    y = both(value(x), columns, rows)
    return record(y, [x], Δ -> [both(Δ, collect(columns'), collect(rows'))])
end

"Each image times a matrix from either side."
function both(x, columns, rows)
    y = zeros(eltype(x), size(columns, 1), size(rows, 1), size(x)[3:4]...)
    for n in 1:size(x, 4), c in 1:size(x, 3)
        y[:, :, c, n] = columns * x[:, :, c, n] * rows'
    end
    return y
end

"The matrix that interpolates along one dimension."
function interpolation(T, n, scale, align_corners)
    m = n * scale
    matrix = zeros(T, m, n)
    for i in 1:m
        # Places count from 0; without aligned corners an element is an area around its centre.
        place = align_corners ? (i - 1) * (n - 1) / max(m - 1, 1) : (i - 0.5) * n / m - 0.5
        place = clamp(place, 0, n - 1)
        low = min(floor(Int, place), max(n - 2, 0))
        matrix[i, low + 1] += T(1 - (place - low))
        n > 1 && (matrix[i, low + 2] += T(place - low))
    end
    return matrix
end
