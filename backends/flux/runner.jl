# Runs a Flux model for archspec: `julia runner.jl FOLDER`, or `julia runner.jl -` for folders on
# standard input, one on a line, with a line `idle` after each answer. A folder holds
# `request.json` and `tensors.safetensors`; see archspec_runner/protocol.py for what is in them and
# in the answer.
#
# Flux is needed, and SpecialFunctions for a network with the exact GELU. Weights come under the
# names of the fields that hold them, such as `b3.inception1.b2.conv1.weight`, with their dimensions
# in Julia's order.

const PROTOCOL = 1

include("runner/json.jl")
include("runner/safetensors.jl")
include("runner/report.jl")

function tell(task, state)
    println(write_json(Dict("task" => task, "state" => state)) |> event)
    flush(stdout)
end
event(text) = "{\"archspec\": 1, " * text[2:end]

const PROBLEM = Ref{Any}(nothing)

try
    @eval using Flux
catch error
    # Told below, in the answer.
    PROBLEM[] = Missing("Flux cannot be loaded: " * sprint(showerror, error))
end

if PROBLEM[] === nothing
    include("runner/source.jl")
    include("runner/model.jl")
    include("runner/watch.jl")
    include("runner/session.jl")
    include("runner/tasks.jl")
end

"Answer the request in a folder; whether nothing stopped it as a whole."
function answer(folder)
    response = Dict{String, Any}(
        "protocol" => PROTOCOL, "versions" => Dict(), "tasks" => [], "error" => nothing,
    )
    file = nothing
    try
        tell("start", "begins")
        PROBLEM[] === nothing || throw(PROBLEM[])
        request = read_json(read(joinpath(folder, "request.json"), String))
        request["protocol"] == PROTOCOL || error("this runner speaks protocol $PROTOCOL")
        file = request["file"]
        is_stand_in() && (response["stand_in"] = Flux.STAND_IN)
        response["versions"] = versions()
        question = read_safetensors(joinpath(folder, "tensors.safetensors"))
        weights = part(question, "weight", Float64)
        session = Session(request, sort(collect(keys(weights))))
        # What a file defines is known only to calls that begin after it has been loaded.
        Base.invokelatest(expect, session, Dict(name => size(array) for (name, array) in weights))
        tell("start", "ends")
        for task in request["tasks"]
            tell(task["name"], "begins")
            push!(response["tasks"], Base.invokelatest(carry_out, task, session, question, folder))
            tell(task["name"], "ends")
        end
    catch error
        response["error"] = described(error, stacktrace(catch_backtrace()), file)
    end
    write(joinpath(folder, "response.json"), write_json(response))
    return response["error"] === nothing
end

"What the result depends on."
function versions()
    found = Dict("julia" => string(VERSION), "device" => "cpu")
    found["flux"] = is_stand_in() ? "stand-in" : version_of(pkgdir(Flux))
    return found
end

function version_of(folder)
    folder === nothing && return "unknown"
    stated = match(r"^version\s*=\s*\"(.*)\""m, read(joinpath(folder, "Project.toml"), String))
    return stated === nothing ? "unknown" : String(stated.captures[1])
end

if ARGS[1] == "-"
    for folder in eachline(stdin)
        answer(folder)
        tell("", "idle")
    end
else
    exit(answer(ARGS[1]) ? 0 : 1)
end
