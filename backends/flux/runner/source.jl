# The file that is run: loaded into a module of its own, with its statements made to tell what they
# bind, and the function in it that makes the network.

"""
Load a file. With `seen`, each statement in the call of a struct is `seen(lines, name, value)`.
"""
function load_source(file::AbstractString, seen = nothing)
    place = Module(:Source)
    lines = readlines(file)
    Base.include(expr -> seen === nothing ? expr : told(expr, seen, lines), place, file)
    return place
end

function told(expr, seen, lines)
    expr isa Expr || return expr
    if expr.head in (:function, :(=)) && is_call_of_instance(expr.args[1]) && expr.args[2] isa Expr
        return Expr(expr.head, expr.args[1], told_body(expr.args[2], seen, lines))
    end
    return Expr(expr.head, map(each -> told(each, seen, lines), expr.args)...)
end

"Whether a signature is `(m::Type)(x)`."
function is_call_of_instance(signature)
    outer = (Symbol("where"), :(::))
    while signature isa Expr && signature.head in outer && length(signature.args) > 1
        signature = signature.args[1]
    end
    return Meta.isexpr(signature, :call) && Meta.isexpr(signature.args[1], :(::))
end

function told_body(body::Expr, seen, lines)
    body.head == :block || return body
    result, first = Any[], 0
    for (place, statement) in enumerate(body.args)
        if statement isa LineNumberNode
            first = statement.line
            push!(result, statement)
        else
            after = findnext(each -> each isa LineNumberNode, body.args, place)
            last = after === nothing ? end_of(lines, first) : body.args[after].line - 1
            push!(result, told_statement(statement, (first, max(first, last)), seen))
        end
    end
    return Expr(:block, result...)
end

"The last line of a statement that is the last of its function."
function end_of(lines, first)
    found = findnext(==("end"), lines, first)
    return found === nothing ? first : found - 1
end

function told_statement(statement, span, seen)
    if Meta.isexpr(statement, :return)
        return Expr(:return, Expr(:call, seen, span, "return", statement.args[1]))
    elseif Meta.isexpr(statement, :(=)) && statement.args[1] isa Symbol
        name = String(statement.args[1])
        return Expr(:(=), statement.args[1], Expr(:call, seen, span, name, statement.args[2]))
    end
    return statement
end

"""
The function or the type of a name in a loaded file, or in a module in it: the name itself, or one
that differs in case and underscores; else what a module exports last.
"""
function constructor(place::Module, name::AbstractString)
    inside = [getfield(place, each) for each in names(place; all = true) if isdefined(place, each)]
    own(x) = x isa Module && parentmodule(x) === place && x !== place
    modules = filter(own, inside)
    plain(text) = lowercase(replace(String(text), "_" => ""))
    for same in (==(name), each -> plain(each) == plain(name)), scope in (modules..., place)
        for each in names(scope; all = true)
            if same(String(each)) && is_callable(scope, each)
                return getfield(scope, each)
            end
        end
    end
    for scope in modules
        exported = [each for each in names(scope) if is_callable(scope, each)]
        isempty(exported) || return getfield(scope, last(exported))
    end
    error("there is no function `$name`")
end

function is_callable(scope, name)
    isdefined(scope, name) && !Base.isdeprecated(scope, name) || return false
    value = getfield(scope, name)
    return value isa Union{Function, Type} && !startswith(String(name), "#")
end

"Those of some arguments that a function takes by name."
function accepted(f, arguments::AbstractDict)
    known = Set{Symbol}()
    for method in methods(f)
        union!(known, Base.kwarg_decl(method))
    end
    any(each -> endswith(String(each), "..."), known) && return arguments
    return filter(pair -> Symbol(first(pair)) in known, arguments)
end
