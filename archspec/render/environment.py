"""What templates can do: print values in the backend's language, and nothing else.

Templates never compute. Whatever they print with ``{{ ... }}`` passes through :meth:`printed`,
so that expressions, tuples and truth values come out in the target language.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2

from archspec.backends import Backend
from archspec.errors import BackendError, RefusedError
from archspec.expressions import as_expr
from archspec.expressions.nodes import Name
from archspec.model.module import Step
from archspec.render.arguments import (
    cropping,
    last_axis_first,
    last_first,
    loop_index,
    pads,
    pads_last_first,
    same,
    symmetric,
    wrapped_text,
)
from archspec.render.outline import names_in_operator
from archspec.render.printing import Code, Printer
from archspec.render.source_map import marked
from archspec.schema.initialization import Initialization
from archspec.schema.spec import MISSING


class Templates(Printer):
    """The templates of one backend, for the rendering of one file.

    Attributes:
        module: the name of the class under way.
        parts: names of the parts that its layers have so far, each with the key of its layer.
        marks: what each mark's number stands for.
    """

    def __init__(self, backend: Backend, init: Initialization) -> None:
        super().__init__(backend)
        self.init = init
        self.marks: list[tuple[str, Step]] = []
        self.module = ""
        self.parts: dict[str, str] = {}
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(backend.folder),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
            finalize=self.printed,
            extensions=["jinja2.ext.do"],
            bytecode_cache=_compiled(backend.folder),
        )
        self.environment.filters["code"] = lambda value: str(self.printed(value))
        self.environment.globals.update(
            call=self.call,
            use=self.use,
            require=self.require,
            refuse=self.refuse,
            same=same,
            pads=pads,
            symmetric=symmetric,
            last_axis_first=last_axis_first,
            last_first=last_first,
            pads_last_first=pads_last_first,
            cropping=cropping,
            minus_infinity=-math.inf,
            quoted=self.quoted,
            code=Code,
            named=self.named,
            starts=self.starts,
            init=init,
            words=self.language.KEYWORDS | self.language.BUILTINS_USED,
            initial=self.initial,
            usual=self.init,
            constructed=self.constructed,
            field=lambda name: self.printed(Name(name)),
            kept=lambda: self.kept,
            shortcut=self.shortcut,
            is_one=lambda value: as_expr(value) in (as_expr(1), as_expr(1.0)),
            all_one=lambda values: all(as_expr(each) == as_expr(1) for each in values),
            axis=self.axis,
            spatial_axes=self.spatial_axes,
            loop_index=loop_index,
            members_of=self.layer,
            endings=self.endings,
            direct=self.direct,
            several=lambda step: step.operator is not None and len(self.layer(step)) > 1,
            wrapped_text=wrapped_text,
            has_default=lambda parameter: parameter.default is not MISSING,
            mark=self.mark,
            layer=self.layer,
            shape=self.shape,
            annotation=self.annotation,
            activation=self.activation,
            argument=self.argument,
            function_of=lambda name: Code(self.functions.get(name, name)),
            note=self.note,
            docstring=lambda text, *lines, **told: Code(
                self.language.docstring("\n".join([text, *lines]), **told)
            ),
        )
        # What only this language has.
        for name in ("function", "single"):
            if hasattr(self.language, name):
                self.environment.globals[name] = getattr(self.language, name)
        self._operators: Any = None
        self._families: list[Any] | None = None

    @property
    def operators(self) -> Any:
        """The module of operator macros."""
        if self._operators is None:
            self._operators = self._module("operators.jinja")
        return self._operators

    def macro(self, name: str) -> Any:
        """The macro of an operator, in ``operators.jinja`` or ``operators_*.jinja``, or None."""
        found = getattr(self.operators, name, None)
        if found is None and self._families is None:
            files = sorted(self.backend.folder.glob("operators_*.jinja"))
            self._families = [self._module(each.name) for each in files]
        return found or next(
            filter(None, (getattr(m, name, None) for m in self._families or ())), None
        )

    def _module(self, name: str) -> Any:
        try:
            return self.environment.get_template(name).module
        except jinja2.TemplateNotFound:
            raise BackendError(
                f"the backend `{self.backend.name}` has no file {name}",
                hint=f"it belongs into {self.backend.folder}",
            ) from None
        except jinja2.TemplateSyntaxError as error:
            place = f"{self.backend.folder / name}:{error.lineno}"
            raise BackendError(f"{place}: {error.message}") from None

    def render(self, name: str, **values: Any) -> str:
        """A template's text.

        Raises:
            BackendError: if the template is missing or wrong.
        """
        try:
            return self.environment.get_template(name).render(**values)
        except jinja2.TemplateNotFound:
            self._module(name)
            raise
        except jinja2.TemplateError as error:
            place = f"{self.backend.folder / name}"
            line = getattr(error, "lineno", None)
            raise BackendError(f"{place}{f':{line}' if line else ''}: {error.message}") from None

    def refuse(self, reason: str) -> str:
        """Stop: this framework cannot honour what the spec asks for."""
        raise RefusedError(f"{self.backend.title} cannot do this: {reason}")

    def layer(self, step: Step, *inputs: Any, **context: Any) -> list[tuple[str, Code]]:
        """The code of a layer: pairs of a name's ending and an expression.

        A macro that has ``x`` or ``inputs`` among its arguments prints an expression of its
        inputs; any other prints a constructor. One that prints several lines makes several
        members; a line ``@pad ...`` gives the member the ending ``_pad``.
        """
        name = step.operator.name() if step.operator else ""
        macro = self.macro(name)
        if macro is None:
            raise BackendError(
                f"`{step.key}`: the backend `{self.backend.name}` has no macro for `{name}`",
                step.where,
                hint=f"it belongs into {self.backend.folder / 'operators.jinja'}",
            )
        values: dict[str, Any] = {"x": inputs[0] if inputs else None, "inputs": inputs} | context
        wanted = {each: values[each] for each in macro.arguments[1:] if each in values}
        try:
            text = str(macro(step, **wanted))
        except BackendError as error:
            problem = error.problems[0]
            raise type(error)(problem.problem, step.where, step.key, problem.hint) from None
        except jinja2.TemplateError as error:
            place = self.backend.folder / "operators.jinja"
            raise BackendError(f"{place}: {name}: {error.message}", step.where) from None
        elements = []
        for line in text.splitlines():
            stripped = line.strip()
            ending, _, code = stripped.partition(" ") if stripped[:1] == "@" else ("", "", stripped)
            if stripped:
                elements.append((ending.replace("@", "_"), Code(code)))
                if ending:
                    key = f"{step.key}{elements[-1][0]}"
                    self.parts[key.replace(".", self.manifest.inside)] = step.key
        return elements

    def constructed(self, caller: Callable[[], str]) -> str:
        """What a block of a template says where parameters are arguments and no fields yet."""
        fields, self.fields = self.fields, frozenset()
        try:
            return caller()
        finally:
            self.fields = fields

    def takes_inputs(self, step: Step) -> bool:
        """Whether an operator's macro prints an expression of its inputs."""
        macro = self.macro(step.operator.name() if step.operator else "")
        return macro is not None and bool({"x", "inputs"} & set(macro.arguments))

    def direct(self, step: Step) -> bool:
        """Whether an operator is an expression of its inputs, and of no parameter of its class."""
        conditional = step.when is not None or step.repeat is not None
        return self.takes_inputs(step) and not conditional and not names_in_operator(step)

    def endings(self, step: Step | None) -> list[str]:
        """What the names of the members end with that a layer is."""
        if step is None or step.operator is None or self.takes_inputs(step):
            return [""]
        return [ending for ending, _ in self.layer(step)]

    def mark(self, step: Step, text: str) -> Code:
        """A text that the source map will find again."""
        self.marks.append((self.module, step))
        return Code(marked(len(self.marks) - 1, text))

    def named(self, step: Step, name: str) -> dict[str, Any]:
        """The name of a layer as an argument, after an initialisation of its own if it has one."""
        return self.starts(step, name=Code(name))

    def initial(self, step: Step) -> Initialization:
        """How the tensors of a layer start."""
        own = step.init or self.init
        changed = {"kernel": own.kernel or self.init.kernel, "bias": own.bias or self.init.bias}
        return self.init.model_copy(update=changed)

    def starts(
        self,
        step: Step,
        kernel: str = "kernel_init",
        bias: str = "bias_init",
        biases: str = "",
        **last: Any,
    ) -> dict[str, Any]:
        """How the tensors of a layer start, as arguments, where they do as no others.

        Args:
            step: the layer.
            kernel, bias: what the arguments are called.
            biases: how biases start in the framework itself: every layer says so where the network
                starts them otherwise. Empty if the network says so once for all.
            last: arguments that follow.
        """
        arguments: dict[str, Any] = {}
        for tensor, argument in (("kernel", kernel), ("bias", bias)):
            network = getattr(self.init, tensor)
            own = (getattr(step.init, tensor) if step.init else None) or network
            stated = own != network
            if tensor == "bias" and biases:
                stated = own is not None and own.scheme != biases
            if stated and (tensor != "bias" or getattr(step.operator, "bias", True)):
                text = str(self.operators.distribution(own)).strip()
                arguments[argument] = Code(text)
        return {**arguments, **last}


def _compiled(folder: Path) -> jinja2.BytecodeCache | None:
    """Compiled templates beside their sources, as Python keeps its modules, where it may write."""
    cache = folder / "__pycache__"
    try:
        cache.mkdir(exist_ok=True)
    except OSError:
        return None
    if sys.dont_write_bytecode or not os.access(cache, os.W_OK):
        return None
    return jinja2.FileSystemBytecodeCache(str(cache), "%s.jinja.cache")
