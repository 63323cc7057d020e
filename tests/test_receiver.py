"""The receiver's C: what `bitplane receiver` writes compiles everywhere, is small, and holds."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from compilers import COMMON, run
from upload_lab import HOST, INCLUDE, RECEIVER, SOURCES, library

from pipeline.cli import main
from pipeline.commands.receiver import EXAMPLES

ARM = ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb", "-ffreestanding", "-std=c99"]
STRICT = [flag for flag in COMMON if flag != "-Wmissing-declarations"]
C99 = ["gcc", "-std=c99", "-Wstrict-prototypes", "-Wmissing-prototypes", *COMMON]
CPP = ["g++", "-std=c++11", "-x", "c++", *COMMON]
FUZZ = ["-std=gnu99", "-g", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all"]
TARGET = "ssd1306-128x64"

# The least that the examples need of the systems they are for.
STUBS = {
    "Arduino.h": """
        #include <stdint.h>
        #include <string.h>
        struct Line { void begin(long); int read(); void write(uint8_t); };
        extern Line Serial;
        """,
    "zephyr/device.h": """
        #include <stdbool.h>
        #include <stddef.h>
        #include <stdint.h>
        struct device { int unused; };
        extern const struct device some_device;
        #define DT_CHOSEN(name) 0
        #define DEVICE_DT_GET(node) (&some_device)
        bool device_is_ready(const struct device *);
        """,
    "zephyr/drivers/display.h": """
        struct display_buffer_descriptor { uint32_t buf_size; uint16_t width, height, pitch; };
        int display_write(const struct device *, uint16_t, uint16_t,
                          const struct display_buffer_descriptor *, const void *);
        int display_blanking_off(const struct device *);
        """,
    "zephyr/drivers/uart.h": """
        typedef void (*uart_callback)(const struct device *, void *);
        int uart_irq_update(const struct device *);
        int uart_irq_rx_ready(const struct device *);
        int uart_fifo_read(const struct device *, uint8_t *, int);
        void uart_poll_out(const struct device *, unsigned char);
        int uart_irq_callback_user_data_set(const struct device *, uart_callback, void *);
        void uart_irq_rx_enable(const struct device *);
        """,
    "zephyr/kernel.h": "int32_t k_msleep(int32_t);",
    "zephyr/sys/ring_buffer.h": """
        struct ring_buf { uint8_t *data; };
        #define RING_BUF_DECLARE(name, size) \\
            static uint8_t name##_data[size]; static struct ring_buf name = {name##_data}
        uint32_t ring_buf_put(struct ring_buf *, const uint8_t *, uint32_t);
        uint32_t ring_buf_get(struct ring_buf *, uint8_t *, uint32_t);
        """,
    "driver/uart.h": """
        #include <stddef.h>
        #include <stdint.h>
        enum { UART_NUM_1 = 1, UART_DATA_8_BITS = 3, UART_PARITY_DISABLE = 0,
               UART_STOP_BITS_1 = 1, UART_HW_FLOWCTRL_DISABLE = 0, UART_PIN_NO_CHANGE = -1 };
        typedef struct { int baud_rate, data_bits, parity, stop_bits, flow_ctrl; } uart_config_t;
        int uart_driver_install(int, int, int, int, void *, int);
        int uart_param_config(int, const uart_config_t *);
        int uart_set_pin(int, int, int, int, int);
        int uart_read_bytes(int, void *, uint32_t, uint32_t);
        int uart_write_bytes(int, const void *, size_t);
        """,
    "esp_lcd_panel_ops.h": """
        #define ESP_OK 0
        typedef struct panel *esp_lcd_panel_handle_t;
        int esp_lcd_panel_draw_bitmap(esp_lcd_panel_handle_t, int, int, int, int, const void *);
        """,
    "freertos/FreeRTOS.h": "",
    "freertos/task.h": "void vTaskDelay(uint32_t); void app_main(void);",
}


def write(folder: Path, example: str | None = None, *more: str) -> None:
    arguments = ["receiver", "--target", TARGET, "-o", str(folder), *more]
    assert main([*arguments, *(["--example", example] if example else [])]) == 0


def test_the_source_and_the_header_are_short() -> None:
    for name in ("bitplane_receiver.c", "bitplane_receiver.h"):
        assert len((RECEIVER / name).read_text().splitlines()) < 400


@pytest.mark.parametrize("level", ["-Os", "-O2", "-O3"])
def test_of_the_c_library_only_memcpy_is_needed_and_no_memory_is_kept(
    tmp_path: Path, level: str
) -> None:
    run([*ARM, level, "-c", INCLUDE, SOURCES[1], "-o", "r.o"], tmp_path)
    names = run(["arm-none-eabi-nm", "r.o"], tmp_path)
    assert set(re.findall(r" U ([a-z]\w+)", names)) <= {"memcpy"}  # __aeabi_... is the compiler's
    assert not re.search(r" [bBdD] ", names)


@pytest.mark.parametrize("compiler", [C99, CPP, ["clang", *C99[1:]]], ids=["c99", "c++", "clang"])
@pytest.mark.parametrize("level", ["-Os", "-O3"])
def test_the_receiver_compiles_without_a_word(
    tmp_path: Path, compiler: list[str], level: str
) -> None:
    write(tmp_path)
    (tmp_path / "panel.c").write_text(
        '#include "bitplane_panel.h"\nextern const bitplane_panel *the_panel;\n'
        "const bitplane_panel *the_panel = &bitplane_panel_data;\n"
    )
    for source in ("bitplane_receiver.c", "panel.c"):
        run([*compiler, level, "-c", source, "-o", "x.o"], tmp_path)


def test_ram_is_at_most_1_kib_beside_the_frame_buffer(tmp_path: Path) -> None:
    loaded = library(tmp_path)
    assert loaded.host_ram() <= 256  # with pointers of 8 bytes
    run([*ARM, "-Os", "-fstack-usage", "-c", INCLUDE, SOURCES[1], "-o", "r.o"], tmp_path)
    sizes = run(["arm-none-eabi-size", "r.o"], tmp_path).splitlines()[1].split()
    text, data, bss = map(int, sizes[:3])
    assert (data, bss) == (0, 0)
    assert text <= 4096
    frames = [line.split("\t") for line in (tmp_path / "r.su").read_text().splitlines()]
    assert all(kind == "static" for _, _, kind in frames)
    stack = sum(sorted((int(size) for _, size, _ in frames), reverse=True)[:7])  # deepest chain
    assert loaded.host_ram() + stack <= 1024


@pytest.mark.parametrize("frame", [128, 1024, 4096])
def test_the_frame_can_have_other_sizes(tmp_path: Path, frame: int) -> None:
    assert library(tmp_path, frame).host_frame() == frame


def test_a_frame_that_is_too_small_is_an_error(tmp_path: Path) -> None:
    command = ["gcc", "-c", "-DBITPLANE_FRAME=64", INCLUDE, SOURCES[1]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "BITPLANE_FRAME has to be 128 to 4096" in done.stderr


def test_every_file_for_firmware_names_its_license() -> None:
    header = (RECEIVER / "bitplane_receiver.h").read_text()
    assert "with or\n * without fee is hereby granted" in header
    for path in RECEIVER.rglob("*.*"):
        assert "0BSD" in path.read_text(), path


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_compile(tmp_path: Path, example: str) -> None:
    folder = tmp_path / "device"
    write(folder, example)
    for name, text in STUBS.items():
        stub = tmp_path / "stubs" / name
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(f"#pragma once\n{text}\n")
    if example == "arduino":
        command = ["g++", "-std=c++11", "-include", "Arduino.h", "-x", "c++", "device.ino"]
    elif example == "bare-metal":
        command = ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-ffreestanding", "main.c"]
    else:
        command = ["gcc", "-std=c99", "main.c"]
    flags = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-main", f"-I{tmp_path / 'stubs'}"]
    run([*command[:-1], *flags, "-c", command[-1], "-o", "x.o"], folder)


def test_files_are_written_once_and_examples_are_the_users(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "device", "arduino", "--slots", "3", "--window", "4")
    sketch = tmp_path / "device" / "device.ino"
    sketch.write_text("mine")
    capsys.readouterr()
    write(tmp_path / "device", "arduino")
    said = capsys.readouterr().err
    assert f"{sketch}: kept, since it was changed" in said
    assert "bitplane_receiver.c: as it was" in said
    assert "bitplane_panel.h: written" in said
    assert sketch.read_text() == "mine"


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "bitplane_panel.h").write_text("/* mine */")
    assert main(["receiver", "--target", TARGET, "-o", str(tmp_path)]) == 2
    assert (tmp_path / "bitplane_panel.h").read_text() == "/* mine */"


@pytest.mark.parametrize(
    "arguments", [["--slots", "0"], ["--slots", "256"], ["--window", "x"], ["--target", "generic"]]
)
def test_a_wrong_call_says_so(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["receiver", "--target", TARGET, "-o", str(tmp_path / "x"), *arguments]
    assert main(call) == 2
    assert "error: " in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_the_sanitizers_find_nothing_in_the_receiver(tmp_path: Path) -> None:
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("the sanitizers need gcc on Linux")
    defines = ["-DHOST_FUZZ", "-DHOST_FUZZ_OWN", "-fsanitize=address,undefined", "-O1"]
    run(["gcc", *FUZZ, *defines, INCLUDE, *SOURCES, "-o", "fuzz"], tmp_path)
    assert run([str(tmp_path / "fuzz"), "20000"], tmp_path) == "20000 inputs\n"


def test_the_fuzzer_finds_its_way_to_every_line(tmp_path: Path) -> None:
    defines = ["-DHOST_FUZZ", "-DHOST_FUZZ_OWN", "--coverage", "-O0"]
    run(["gcc", *FUZZ[:2], *defines, INCLUDE, *SOURCES, "-o", "fuzz"], tmp_path)
    run([str(tmp_path / "fuzz"), "5000"], tmp_path)
    said = run(["gcov", "-o", "fuzz-bitplane_receiver.gcda", str(SOURCES[1])], tmp_path)
    assert "Lines executed:100.00%" in said


def test_the_host_program_compiles_as_strictly(tmp_path: Path) -> None:
    for define in ("-DHOST_MAIN", "-DHOST_FUZZ"):
        command = ["gcc", "-std=gnu99", *STRICT, "-Wno-sign-conversion", define, INCLUDE]
        run([*command, "-c", str(HOST), "-o", "x.o"], tmp_path)
