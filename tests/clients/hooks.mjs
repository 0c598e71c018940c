// Lets Node load the documents' TypeScript as it stands: types and markup are taken out when a file is read, and
// what a page asks its framework for comes from `next/`. A document's address may say, by parameters, that the file is
// printed in pieces: what the next piece takes of it (`gives`), what it takes of those before (`takes`), and what the
// document leaves to its reader (`replacing`).
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const HERE = new URL('./', import.meta.url)
const FRAMEWORK = {
  'next/headers': 'next/headers.mjs',
  'next/navigation': 'next/navigation.mjs',
  'next/server': 'next/server.mjs',
  'react/jsx-runtime': 'next/jsx-runtime.mjs'
}
const COMPILER = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, jsx: ts.JsxEmit.ReactJSX }

export async function resolve (specifier, context, next) {
  if (specifier in FRAMEWORK) return { url: new URL(FRAMEWORK[specifier], HERE).href, shortCircuit: true }
  const source = specifier.startsWith('@/')
    ? new URL(`documents/003/src/${specifier.slice(2)}`, HERE)
    : specifier.startsWith('.') && context.parentURL?.startsWith(HERE.href) && new URL(specifier, context.parentURL)
  for (const ending of source ? ['.ts', '.tsx'] : []) {
    const url = new URL(source.href + ending)
    if (existsSync(url)) return { url: url.href, shortCircuit: true }
  }
  return next(specifier, context)
}

export async function load (address, context, next) {
  const url = new URL(address)
  if (!/\.tsx?$/.test(url.pathname)) return next(address, context)
  const given = new URL(address).searchParams
  url.search = ''
  let text = await readFile(fileURLToPath(url), 'utf8')
  for (const [printed, meant] of JSON.parse(given.get('replacing') ?? '[]')) text = text.replaceAll(printed, meant)
  if (given.has('takes')) {
    text = `export default async function ({ ${given.get('takes')} }) {\n${text}\nreturn { ${given.get('gives')} }\n}`
  } else if (given.has('gives') && !text.includes(`export const ${given.get('gives')} `)) {
    text += `\nexport { ${given.get('gives')} }\n`
  }
  const { outputText } = ts.transpileModule(text, { compilerOptions: COMPILER, fileName: 'document.tsx' })
  return { format: 'module', source: outputText, shortCircuit: true }
}
