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
again, with its weights. It is the same layer in all: its input has the same axes and channels, and
where its padding follows from the size of the input (`same_upper`, `ceil`), it comes to the same:

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
