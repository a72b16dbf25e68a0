// Runs one flow: `node run.mjs NAME`. Prints a JSON line per call that the SDK made; a flow that fails ends with 1.
import { calls } from "./world.mjs"

const { default: flow } = await import(`./${process.argv[2]}.mjs`)
try {
  await flow()
} catch (failure) {
  console.error(failure)
  process.exitCode = 1
}
for (const call of calls) console.log(JSON.stringify(call))
