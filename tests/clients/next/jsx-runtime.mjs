// A page as the words that a person would read on it.
const words = (node) => Array.isArray(node) ? node.map(words).join('') : node == null || node === false ? '' : String(node)

export const jsx = (_type, { children }) => `${words(children)}\n`
export const jsxs = jsx
