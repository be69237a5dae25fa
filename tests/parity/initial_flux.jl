# Saves the parameters with which a generated Flux network starts.

using Flux

const RUNNER = joinpath(@__DIR__, "../../backends/flux/runner")
for file in ["json.jl", "safetensors.jl", "report.jl", "source.jl", "model.jl"]
    include(joinpath(RUNNER, file))
end

request = read_json(ARGS[1])
source = load_source(abspath("generated_module.jl"))
model = Base.invokelatest(constructor(source, request["class"]))
write_safetensors(
    request["out"], Dict(name => reach(model, find(model, name)) for name in request["names"])
)
