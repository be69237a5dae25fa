# Safetensors. The bytes of an array in C order are those of a Julia array with its dimensions in
# reverse, so nothing is moved: an array (N, C, H, W) is one of (W, H, C, N) here.

const TYPES = Dict(
    "F64" => Float64, "F32" => Float32, "F16" => Float16, "I64" => Int64, "I32" => Int32,
    "I16" => Int16, "I8" => Int8, "U8" => UInt8, "BOOL" => Bool,
)
const TYPE_NAMES = Dict(type => name for (name, type) in TYPES)

function read_safetensors(path::AbstractString)
    return open(path) do io
        header = read_json(String(read(io, ltoh(read(io, UInt64)))))
        start = position(io)
        arrays = Dict{String, Array}()
        for (name, each) in header
            name == "__metadata__" && continue
            array = Array{TYPES[each["dtype"]]}(undef, Int.(reverse(each["shape"]))...)
            seek(io, start + each["data_offsets"][1])
            read!(io, array)
            arrays[name] = array
        end
        return arrays
    end
end

function write_safetensors(path::AbstractString, arrays::AbstractDict)
    named = [(name, Array(array)) for (name, array) in arrays]
    header, offset = Dict{String, Any}(), 0
    for (name, array) in named
        header[name] = Dict(
            "dtype" => TYPE_NAMES[eltype(array)],
            "shape" => collect(reverse(size(array))),
            "data_offsets" => [offset, offset + sizeof(array)],
        )
        offset += sizeof(array)
    end
    text = write_json(header)
    text *= " "^mod(-ncodeunits(text), 8)
    open(path, "w") do io
        write(io, htol(UInt64(ncodeunits(text))), text)
        foreach(((_, array),) -> write(io, array), named)
    end
end
