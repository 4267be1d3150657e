// An app without its sidecar, or without its pages, starts and does nothing: do not make one.

const { existsSync } = require('node:fs')
const { join } = require('node:path')

const BUILT = ['out/main/index.js', 'out/preload/index.cjs', 'out/renderer/index.html']

/** @param {import('app-builder-lib').BeforePackContext} context */
exports.default = async function beforePack({ packager }) {
  if (packager.platform.nodeName !== process.platform) {
    throw new Error('Package on the system that is packaged for: the sidecar is frozen for it.')
  }
  const program = packager.platform.nodeName === 'win32' ? 'sotto.exe' : 'sotto'
  const { projectDir } = packager
  for (const file of BUILT)
    demand(join(projectDir, file), 'Run npm run build in electron-app first.')
  const sidecar = join(projectDir, '../dist/sidecar/sotto', program)
  demand(sidecar, 'Run packaging/sidecar/freeze.sh on this system first.')
}

function demand(path, todo) {
  if (!existsSync(path)) throw new Error(`${path} is missing. ${todo}`)
}
