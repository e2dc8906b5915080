"""Directive ``parameter-table``: the parameters of a stage, taken from its parameter class."""

import dataclasses

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class ParameterTable(SphinxDirective):
    """Write the parameters of the stage named by the argument as a list of name, default, unit and meaning."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        from napari_spectrotomo.parameters import as_plain
        from napari_spectrotomo.workflow import PARAMETERS

        cls = PARAMETERS[self.arguments[0]]
        defaults = as_plain(cls())
        found = nodes.definition_list()
        for field in dataclasses.fields(cls):
            unit = f" ({field.metadata['unit']})" if field.metadata.get("unit") else ""
            default = (
                yaml.safe_dump(defaults[field.name], default_flow_style=True, width=1000).removesuffix("...\n").strip()
            )
            about = (nodes.Text(f"{unit}, by default "), nodes.literal(text=default))
            term = nodes.term("", "", nodes.literal(text=field.name), *about)
            words = nodes.paragraph(text=field.metadata["doc"])
            found += nodes.definition_list_item("", term, nodes.definition("", words))
        return [found]


def setup(app):
    """Register the directive."""
    app.add_directive("parameter-table", ParameterTable)
    return {"parallel_read_safe": True}
