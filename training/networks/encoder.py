"""What every encoder is: a sequence of days to a code, a few dozen numbers that the head reads."""

from torch import Tensor, nn

__all__ = ["Encoder", "parameters_of"]


class Encoder(nn.Module):
    """An encoder; a subclass says how with :meth:`forward`.

    Attributes
    ----------
    width
        The numbers of a code.
    """

    width: int

    def forward(self, steps: Tensor) -> Tensor:
        """Days (batch, sequence, columns), oldest first, to codes (batch, width); float32."""
        raise NotImplementedError

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """The parameters that gradual unfreezing tells apart: `encoder`, the deepest, and `attention`, all above it."""
        raise NotImplementedError


def parameters_of(*modules: nn.Module | None) -> list[nn.Parameter]:
    """The parameters of some modules, in order."""
    return [parameter for module in modules if module is not None for parameter in module.parameters()]
