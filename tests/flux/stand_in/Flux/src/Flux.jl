"""
A stand-in for the part of Flux that generated code calls, in plain Julia without packages.

It is written from Flux's documentation, by what the layers are said to compute, and is as slow
and as plain as that allows. It is no Flux: what runs here has not been run in Flux.

`ENV["FLUX_STAND_IN"] = "0.12"` makes it behave as Flux 0.12 where that differs: `ϵ` in place of
`eps`, branches joined two at a time, `@functor` and no `@layer`.
"""
module Flux

using Random
using Statistics: mean, var

"What every result that comes from here must say."
const STAND_IN = "computed in a stand-in for Flux, not in Flux itself"

"Whether it stands in for Flux 0.12."
const OLD = get(ENV, "FLUX_STAND_IN", "") == "0.12"

include("tape.jl")
include("nnlib.jl")
using .NNlib
using .Tape: gradient
include("layers.jl")
include("normalise.jl")
include("initial.jl")

for name in names(NNlib)
    @eval export $name
end
export Chain, Parallel, SkipConnection, Conv, ConvTranspose, CrossCor, Dense, MaxPool, MeanPool,
    GlobalMaxPool, GlobalMeanPool, BatchNorm, GroupNorm, Dropout, testmode!, trainmode!, f32, f64,
    gradient

end
