# JSON, read and written: objects as `Dict`, arrays as `Vector{Any}`, null as `nothing`.

function read_json(text::AbstractString)
    value, place = read_value(text, skip_space(text, 1))
    skip_space(text, place) > lastindex(text) || error("there is something after the JSON")
    return value
end

function skip_space(text, place)
    while place <= lastindex(text) && text[place] in " \t\r\n"
        place = nextind(text, place)
    end
    return place
end

function read_value(text, place)
    character = text[place]
    character == '{' && return read_object(text, place)
    character == '[' && return read_array(text, place)
    character == '"' && return read_string(text, place)
    for (word, value) in (("true", true), ("false", false), ("null", nothing))
        startswith(SubString(text, place), word) && return value, place + length(word)
    end
    number = match(r"^-?\d+(\.\d+)?([eE][-+]?\d+)?", SubString(text, place))
    number === nothing && error("no JSON at $place")
    whole = number.captures[1] === nothing && number.captures[2] === nothing
    return parse(whole ? Int : Float64, number.match), place + length(number.match)
end

function read_object(text, place)
    object = Dict{String, Any}()
    place = skip_space(text, place + 1)
    while text[place] != '}'
        name, place = read_string(text, place)
        place = skip_space(text, place)
        text[place] == ':' || error("expected a colon at $place")
        object[name], place = read_value(text, skip_space(text, place + 1))
        place = next_item(text, place, '}')
    end
    return object, place + 1
end

function read_array(text, place)
    array = Any[]
    place = skip_space(text, place + 1)
    while text[place] != ']'
        value, place = read_value(text, place)
        push!(array, value)
        place = next_item(text, place, ']')
    end
    return array, place + 1
end

function next_item(text, place, closing)
    place = skip_space(text, place)
    text[place] == ',' && return skip_space(text, place + 1)
    text[place] == closing || error("expected a comma at $place")
    return place
end

const ESCAPED = Dict('n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f')

function read_string(text, place)
    out = IOBuffer()
    place = nextind(text, place)
    while text[place] != '"'
        if text[place] != '\\'
            print(out, text[place])
        else
            place = nextind(text, place)
            if text[place] == 'u'
                code, place = read_code(text, place)
                print(out, code)
            else
                print(out, get(ESCAPED, text[place], text[place]))
            end
        end
        place = nextind(text, place)
    end
    return String(take!(out)), place + 1
end

"The character of a `\\u` whose `u` is at a place, and the place of its last digit."
function read_code(text, place)
    code, place = parse(UInt32, text[(place + 1):(place + 4)]; base = 16), place + 4
    if 0xd800 <= code < 0xdc00
        low = parse(UInt32, text[(place + 3):(place + 6)]; base = 16)
        code, place = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00), place + 6
    end
    return Char(code), place
end

write_json(value) = sprint(put_json, value)

put_json(io::IO, ::Nothing) = print(io, "null")
put_json(io::IO, value::Union{Bool, Integer}) = print(io, value)
# Python reads NaN and Infinity, and so does what reads this.
function put_json(io::IO, value::AbstractFloat)
    infinite = value > 0 ? "Infinity" : "-Infinity"
    print(io, isnan(value) ? "NaN" : isinf(value) ? infinite : Float64(value))
end
put_json(io::IO, value::Symbol) = put_json(io, String(value))

function put_json(io::IO, text::AbstractString)
    print(io, '"')
    for character in text
        if character in ('"', '\\')
            print(io, '\\', character)
        elseif character < ' ' || !isvalid(character)
            code = UInt32(isvalid(character) ? character : '?')
            print(io, "\\u", string(code; base = 16, pad = 4))
        else
            print(io, character)
        end
    end
    print(io, '"')
end

function put_json(io::IO, values::Union{AbstractVector, Tuple})
    print(io, '[')
    for (place, value) in enumerate(values)
        place > 1 && print(io, ", ")
        put_json(io, value)
    end
    print(io, ']')
end

function put_json(io::IO, object::AbstractDict)
    print(io, '{')
    for (place, (name, value)) in enumerate(object)
        place > 1 && print(io, ", ")
        put_json(io, String(name))
        print(io, ": ")
        put_json(io, value)
    end
    print(io, '}')
end
