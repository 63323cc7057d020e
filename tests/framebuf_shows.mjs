// MicroPython's framebuf draws modules: a list of their sources as JSON in, a list of screens out.
// The argument is the folder of @micropython/micropython-webassembly-pyscript.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { loadMicroPython } = await import(pathToFileURL(`${process.argv[2]}/micropython.mjs`));
let told = "";
const python = await loadMicroPython({ linebuffer: false, stdout: (bytes) => (told += new TextDecoder().decode(bytes)) });
const sources = JSON.parse(readFileSync(0, "utf-8"));
const program = `
import framebuf
def shown(source):
    names = {}
    exec(source, names)
    width, height = names["WIDTH"], names["HEIGHT"]
    screen = framebuf.FrameBuffer(bytearray(2 * width * height), width, height, framebuf.RGB565)
    screen.fill(0xBEEF)
    arguments = [names["IMAGE"], 0, 0, names["KEY"]]
    if "PALETTE" in names:
        arguments.append(names["PALETTE"])
    screen.blit(*arguments)
    return [[screen.pixel(x, y) for x in range(width)] for y in range(height)]
`;
python.runPython(program);
for (const source of sources) {
  python.globals.set("source", source);
  python.runPython("print(shown(source))");
}
process.stdout.write(`[${told.trim().split("\n").join(",")}]`);
