# What went wrong, as the protocol wants it.

"That Flux is not there."
struct Missing <: Exception
    text::String
end
Base.showerror(io::IO, error::Missing) = print(io, error.text)

"That a model's tensors are not those of the network."
struct Mismatch <: Exception
    missing::Vector{String}
    unexpected::Vector{String}
    shapes::Dict{String, Any}
end
Base.showerror(io::IO, ::Mismatch) = print(io, "the module's tensors are not those of the network")

const MOST_TEXT = 20_000

"An exception as the protocol wants it, with the line of the file that it came from."
function described(error, trace, file)
    text = sprint(showerror, error)
    whole = string(text, '\n', join(string.(trace), '\n'))
    result = Dict{String, Any}(
        "kind" => String(nameof(typeof(error))), "message" => first(text, MOST_TEXT),
        "traceback" => last(whole, MOST_TEXT),
    )
    lines = [frame.line for frame in trace if file !== nothing && String(frame.file) == file]
    isempty(lines) || (result["line"] = first(lines))
    if error isa Mismatch
        result["missing"], result["unexpected"] = error.missing, error.unexpected
        result["shapes"] = error.shapes
    end
    return result
end
