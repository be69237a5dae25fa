# What is asked for, task by task; the same as in archspec's own runners in Python.

function carry_out(task, session::Session, question, folder)
    begun = time()
    report = Dict{String, Any}("name" => task["name"], "error" => nothing)
    report["records"], report["dropouts"] = [], []
    arrays = Dict{String, Any}()
    try
        T = task["dtype"] == "float64" ? Float64 : Float32
        weights, inputs, cotangents =
            (part(question, each, T) for each in ("weight", "input", "cotangent"))
        if task["kind"] == "steps"
            arrays, report["rate"] = steps(task, session, weights, inputs, cotangents)
        else
            if task["kind"] == "gradients"
                computed = gradients(session, weights, inputs, cotangents, task["training"])
            else
                shift = task["kind"] == "shifted" ? task["shift"] : nothing
                computed = forward(session, weights, inputs, task["training"], shift)
            end
            arrays = named_arrays(computed)
            report["records"], report["dropouts"] = computed["records"], computed["dropouts"]
            if haskey(computed, "stopped")
                report["error"] = described(computed["stopped"]..., session.request["file"])
            end
        end
    catch error
        report["error"] = described(error, stacktrace(catch_backtrace()), session.request["file"])
    end
    write_safetensors(joinpath(folder, "$(task["name"]).safetensors"), arrays)
    report["seconds"] = time() - begun
    return report
end

"The arrays of one kind by name, in a precision."
function part(question, kind, T)
    prefix = "$kind:"
    return Dict(
        String(chop(name; head = length(prefix), tail = 0)) => convert(Array{T}, array)
        for (name, array) in question if startswith(name, prefix)
    )
end

function named_arrays(computed)
    recorded = enumerate(computed["arrays"])
    arrays = Dict{String, Any}("array:$(i - 1)" => each for (i, each) in recorded)
    for (kind, group) in (
        ("output", "outputs"), ("gradient", "gradients"), ("input_gradient", "input_gradients"),
        ("statistic", "statistics"),
    )
        for (name, array) in get(computed, group, Dict())
            arrays["$kind:$name"] = array
        end
    end
    return arrays
end

"Gradient descent by hand: each step is one subtraction, the same in every backend."
function steps(task, session, weights, inputs, cotangents)
    current, rate, arrays = copy(weights), 0.0, Dict{String, Any}()
    for step in 1:task["steps"]
        computed = gradients(session, current, inputs, cotangents, task["training"])
        haskey(computed, "stopped") && throw(first(computed["stopped"]))
        step == 1 && (rate = rate_of(task["relative"], current, computed, cotangents))
        for (name, gradient) in computed["gradients"]
            current[name] = current[name] .- rate .* gradient
        end
        merge!(current, computed["statistics"])
        if step in task["after"]
            merge!(arrays, Dict("after$step:$name" => each for (name, each) in current))
        end
    end
    return arrays, rate
end

"The power of two nearest to a step in which nothing moves further than asked for."
function rate_of(relative, weights, computed, cotangents)
    gradients, outputs = computed["gradients"], computed["outputs"]
    speeds = [size_of(g) / size_of(weights[n]) for (n, g) in gradients if any(!iszero, weights[n])]
    rise = sum(Float64[sum(abs2, g) for g in values(gradients)])
    size = sum(Float64[size_of(cotangents[n]) * size_of(y) for (n, y) in outputs])
    push!(speeds, size == 0 ? 0.0 : rise / size)
    fastest = maximum(speeds)
    return fastest > 0 && isfinite(fastest) ? 2.0^round(log2(relative / fastest)) : 0.0
end

size_of(array) = sqrt(sum(abs2, array))
