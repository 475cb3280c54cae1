// What a stage of another language does: Execute alone, written as a careful author would.
import fs from "node:fs";
import path from "node:path";

export function execute(root, inputFile, outputFile) {
  const inside = (name) => {
    const local = path.resolve(root, name.replace(/^\/data\/?/, ""));
    if (!local.startsWith(root + path.sep)) throw new Error(`${name} is outside the data root`);
    return local;
  };
  try {
    const text = fs.readFileSync(inside(inputFile), "utf8");
    const target = inside(outputFile);
    fs.writeFileSync(`${target}.tmp`, text);
    fs.renameSync(`${target}.tmp`, target);
    return { success: true, message: `copied ${inputFile} to ${outputFile}` };
  } catch (error) {
    return { success: false, message: String(error.message) };
  }
}
