"""Pictures of a schema, as SVG or for Mermaid: values in, text out."""

from __future__ import annotations

from ldapom.schema.graph.mermaid import mermaid
from ldapom.schema.graph.picture import Box, Picture, Row, picture
from ldapom.schema.graph.svg import svg

__all__ = ["Box", "Picture", "Row", "mermaid", "picture", "svg"]
