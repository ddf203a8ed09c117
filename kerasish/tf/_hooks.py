"""Where this face is known to the rest of the library: its tensors are an edge, and paths without an ending are folders."""

from kerasish._base._edges import Edge, register_edge
from kerasish.saving._formats import Format, register_format
from kerasish.tf._calls import entered, left
from kerasish.tf._loaded_models import load_folder
from kerasish.tf._saved_models import save_folder
from kerasish.tf._tensor import Tensor

register_edge(Tensor, Edge(entered, left), takes_arrays=True)
register_format("", Format(save_folder, load_folder, weights=".safetensors"))
