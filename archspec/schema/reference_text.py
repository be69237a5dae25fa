"""The words of the language reference; its tables are made from the models.

Every example is a whole spec, or the part of one that its first line names, and is loaded by a
test.
"""

INTRODUCTION = """
# The language of specs

<!-- Written by `archspec.schema.reference`; change the models or their texts instead. -->

A spec is a YAML file that says what a network is: its inputs, its layers in the order in which
they are computed, and how its weights start. It says nothing about frameworks. A whole one:

```yaml
archspec: 1
name: TinyNet
doc: Two convolutions and a classifier.
params: {in_channels: 1, num_classes: 10}
arguments: [num_classes]
input: [in_channels, 28, 28] # channels, height, width
stages:
  features:
    - conv: {out: 8, kernel: 3, padding: 1}
    - relu
    - max_pool: {kernel: 2, stride: 2}
    - conv: {out: 16, kernel: 3, padding: 1}
    - relu
  head:
    - global_avg_pool
    - dense: num_classes
```

YAML is read by the core rules of version 1.2: `no` is a string, `1e-5` is a number, a key that
stands twice is an error. Anchors, aliases, tags and merge keys are not read; blocks and
parameters do their work. Shapes leave the batch out and have the channels first; what layout a
framework prefers is no concern of a spec.

The first line of a file may tell an editor to complete and check it, with the schema that
`archspec schema` prints: `# yaml-language-server: $schema=archspec.schema.json`.
"""

PARAMETERS = """
## Parameters

A network's parameters have defaults and can be set with `--set`. In generated code they are
numbers, except those listed under `arguments`, which stay arguments of the class. A block's
parameters are given at each use; those with a default come last.

```yaml
params:
  width: 64 # an integer with a default
  rate: 0.5 # a number
  deep: true # true or false
  sizes: [3, 5] # two integers
  act: {type: activation, default: relu}
  unit: {type: block, default: ConvUnit}
  pool: {type: enum, values: [mean, max], default: mean}
  depths: {type: list, of: int, default: [2, 2, 6]}
  groups: {type: int, min: 1, default: 1, doc: How many groups.}
  kernel: {type: int?, default: null} # an integer or none
```

Where a block's parameter has no default, its kind is written in its place: `int`, `float`,
`bool`, `activation`, `block`, each with `?` if it may be none; a list of kinds for a tuple; a
mapping of kinds for a tuple with named members, which expressions then name with a dot:

```yaml
blocks:
  Bottleneck:
    params:
      width: {reduce: int, out: int}
      act: activation
    layers:
      - conv: {out: width.reduce, kernel: 1}
      - act
      - conv: {out: width.out, kernel: 3, padding: 1}
```

Every block also has `in_channels`, the channels of its input. The long form of a parameter:
"""

EXPRESSIONS = """
## Expressions

Where a number is expected, a string is an expression over the parameters in scope. It is read
by archspec itself, never run, and printed into the generated code of blocks.

| written | meaning |
| --- | --- |
| `a + b`, `a - b`, `a * b`, `-a` | arithmetic on numbers |
| `a / b`, `a // b`, `a % b` | division; division and remainder rounded down |
| `a == b`, `a != b`, `a < b`, `a <= b`, `a > b`, `a >= b` | comparisons, which are not chained |
| `a and b`, `a or b`, `not a` | of truth values; the right side only if it matters |
| `a if test else b` | a choice |
| `widths.out`, `widths[1]` | a member of a tuple by name, or counted from 0 |
| `min(a, b)`, `max(a, b)`, `abs(a)`, `floor(a)`, `ceil(a)` | functions of numbers |
| `len(list)`, `sum(list)`, `min(list)`, `max(list)` | functions of lists |
| `true`, `false`, `none` | constants |

Inside `{...}` and `[...]` YAML reads brackets and commas itself: name a member with a dot, or put
the expression in quotes.
"""

LAYERS = """
## Layers

A stage, a branch and a block hold layers in order; each takes what the one before it gives. A
layer is the name of an operator or a block, alone or with its arguments: by name, or for a block
also in order.

```yaml
layers:
  - relu
  - conv: {out: 64, kernel: 3, padding: 1}
  - dropout: 0.5
  - ConvUnit: [64, 3]
  - ConvUnit: {out: 64, kernel: 3}
```

Arguments that are the same for every use of an operator can stand once, under `defaults`:

```yaml
defaults:
  batch_norm: {eps: 1e-5, decay: 0.9}
```

Beside a layer's name, not inside its arguments, stand options:

```yaml
layers:
  - conv: {out: 64, kernel: 3, padding: 1}
    as: wide
  - conv: {out: 32 * (i + 1), kernel: 3, padding: 1}
    repeat: 3
  - relu:
    when: in_channels > 3
  - concat:
    from: [previous, wide]
```
"""

NAMES = """
A layer that repeats is that many layers, each with weights of its own. A layer whose condition
is false is the identity; the names of the others do not change. `share` applies an earlier layer
again, with its weights:

```yaml
layers:
  - conv: {out: in_channels, kernel: 3, padding: 1}
    as: again
  - relu
  - share: again
```

A layer is called by its `as`, or by its operator and its number among its like: `conv1`,
`conv2`. Stage, blocks, branches and layer make the path of a tensor, which is the same in every
framework: `b3.inception1.b2.conv1.weight`. `from` names layers of the same sequence or of one
around it (`wide`), layers inside stages and branches (`b3.inception1`), stages, and inputs.
"""

BLOCKS = """
## Blocks

A block is a part of the network with parameters. It becomes a class of the generated code with
the same parameters. Blocks may use each other, but not themselves.

```yaml
blocks:
  ConvUnit:
    doc: A convolution, its normalisation and its activation.
    params: {out: int, kernel: int, stride: 1, act: {type: activation, default: relu}}
    layers:
      - conv: {out: out, kernel: kernel, stride: stride, padding: kernel // 2, bias: false}
      - batch_norm: {eps: 1e-5, decay: 0.9}
      - act
```

A block with several inputs names them; a call lists what they are with `from`. The channels of
the inputs after the first are called after them: `skip_channels`.

```yaml
blocks:
  Up:
    inputs: [x, skip]
    params: {out: int}
    layers:
      - upsample: 2
      - concat:
        from: [previous, skip]
      - conv: {out: out, kernel: 3, padding: 1}
```
"""

BRANCHES = """
## Branches

Branches take one input and are joined, by `concat` along the channels unless `merge` says
otherwise: `add`, `mul`, or one of them with arguments, such as `{mul: {broadcast: true}}`. A
branch without layers is the identity. Branches are a block's whole body, or a layer among others.

```yaml
blocks:
  Residual:
    params: {out: int, stride: 1}
    layers:
      - branches:
          main:
            - conv: {out: out, kernel: 3, stride: stride, padding: 1}
            - relu
            - conv: {out: out, kernel: 3, padding: 1}
          shortcut:
            when: stride != 1 or in_channels != out
            layers:
              - conv: {out: out, kernel: 1, stride: stride}
        merge: add
      - relu
  Inception:
    params: {narrow: int, wide: int}
    branches:
      narrow_side:
        - conv: {out: narrow, kernel: 1}
      wide_side:
        - conv: {out: wide, kernel: 3, padding: 1}
```

A branch that is there only under a condition is written in the long form:
"""

OUTPUTS = """
## Inputs and outputs

A network with one input states its shape; with several, their names: `input: {image: [3, 64, 64],
mask: [1, 64, 64]}`. The first stage takes the first input, other layers name what they take.

Without `outputs`, what the last stage gives is the only output. An output that only training
uses hangs on a parameter, because what a built network returns is fixed:

```yaml
params: {aux_head: false, num_classes: 10}
arguments: [aux_head]
outputs:
  logits: head
  aux: {from: body, when: aux_head, training: true, layers: [global_avg_pool, {dense: num_classes}]}
```
"""

VARIANTS = """
## Variants

A spec that `extends` another replaces entries of its `params`, `defaults`, `blocks`, `stages` and
`outputs` by name, whole and in their place. `null` deletes one. Other keys replace as a whole.
Blocks are looked up afterwards: a variant that replaces a block changes every use of it.

```yaml
archspec: 1
name: GoogLeNetNarrow
extends: googlenet.yaml
params: {num_classes: 100}
stages:
  b2: null
  extra: {after: b1, layers: [{conv: {out: 192, kernel: 1}}, relu]}
```

A stage of a variant that the other spec does not have says where it goes:
"""

LIBRARIES = """
## Libraries

`import` names files of blocks, which may import others. Paths are relative to the file that
names them and cannot leave the folder of the spec.

```yaml
archspec: 1
doc: Blocks that several networks use.
blocks:
  ConvUnit:
    params: {out: int, kernel: int}
    layers:
      - conv: {out: out, kernel: kernel, padding: symmetric}
      - relu
```
"""

INITIALISATION = """
## Initialisation

How weights start is part of an architecture. What a layer does not say the network says, and
what neither says is `he_normal` for kernels and `zeros` for biases. Scales of normalisations start
at one, shifts at zero.

```yaml
init: {kernel: xavier_uniform, bias: zeros}
layers:
  - conv: {out: 64, kernel: 3}
    init: {kernel: {normal: 0.01}, bias: 1}
```

A distribution is a name, a number (a constant), a name with its one argument
(`{normal: 0.01}`, `{uniform: 0.05}`), or the long form below. `xavier_*` has the variance
`2 / (fan_in + fan_out)`, `he_*` has `2 / fan_in`, `lecun_*` has `1 / fan_in`; normals are not cut
unless they are called `truncated_normal`, which is cut at two standard deviations.
"""

OPERATORS = """
## Operators

Each operator has one meaning, that of the ONNX operator named with it. Where frameworks differ
in a default there is none here, and the argument must be given. Names of axes are `C`, and `D`,
`H`, `W` for the spatial ones; sequences have `W` alone.

An argument *per axis* is a number for all spatial axes or a list with one for each. Padding is
a number for all sides; a list with, for each axis, a number or a pair `[before, after]`; a
mapping of `top`, `bottom`, `left`, `right`; or a mode. `symmetric` pads half the window on both
sides, as PyTorch's `kernel // 2` does; `same_upper` and `same_lower` make the output as large as
the input over the stride, and put an odd pad after or before, as TensorFlow, JAX and ONNX do;
`valid` pads nothing. There is no plain `same`, because it names two different things.

A parameter of the kind `activation` may be {activations}.
"""

LIMITS = """
## Limits

A spec may come from anyone: reading it runs nothing, writes nothing outside the output folder,
and takes bounded time. A network may have 10,000 layers, blocks may be nested 32 deep and
branches 100, a list may have 256 values, an integer is at most 2**53 in size, an axis at most
2**31 long, a file a megabyte. Names are lower-case words (`[a-z][a-z0-9_]*`), those of blocks and
networks begin with a capital; words that a language or a framework needs itself are refused.
"""
