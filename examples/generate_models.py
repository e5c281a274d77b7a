"""Generate models from a program; ``ldapom generate`` does the same from a shell.

Prints the module; ``examples/models.py`` is what it prints for the sample directory.
"""

from __future__ import annotations

from directory import SUFFIX, credentials, directory

from ldapom import Connection
from ldapom.schema.codegen import Asks, ModelAsk, make_plan, render

MODELS = (
    f"User=inetOrgPerson+posixAccount@ou=people,{SUFFIX}:uid",
    f"Group=groupOfNames@ou=groups,{SUFFIX}:cn",
)


def generate() -> str:
    """The text of the module, from the live schema."""
    with Connection(directory(), credentials()) as connection:
        schema = connection.schema
    asks = Asks(models=tuple(ModelAsk.parse(model) for model in MODELS))
    plan = make_plan(
        schema,
        asks,
        source="the sample directory",
        command=("python examples/generate_models.py > examples/models.py",),
    )
    return render(plan)


if __name__ == "__main__":
    print(generate(), end="")
