import os
import subprocess
import sys

from sidecar.inference.llama import llama


def run(code: str, **variables: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GGML_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**clean, **variables},
    ).stdout.strip()


def test_the_bindings_are_loaded_once() -> None:
    assert llama() is llama()
    assert llama().llama_max_devices() >= 1


def test_nothing_but_the_bindings_is_imported() -> None:
    out = run(
        "import sys; from sidecar.inference.llama import llama; llama();"
        "print(*sorted(name for name in sys.modules if name.startswith('llama_cpp')))"
    )

    assert out == "llama_cpp._ctypes_extensions llama_cpp.llama_cpp"


def test_the_whole_package_can_still_be_imported_afterwards() -> None:
    out = run(
        "from sidecar.inference.llama import llama; first = llama();"
        "import llama_cpp; print(llama_cpp.llama_cpp is first, hasattr(llama_cpp, 'Llama'))"
    )

    assert out == "True True"


def test_half_precision_is_off_for_vulkan_unless_somebody_picks_devices() -> None:
    show = (
        "import os; from sidecar.inference.llama import llama; llama();"
        "print(os.environ.get('GGML_VK_DISABLE_F16'))"
    )

    assert run(show) == "1"
    assert run(show, GGML_VK_VISIBLE_DEVICES="0") == "None"
