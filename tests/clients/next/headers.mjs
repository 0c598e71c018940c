// The cookies and headers of the one request that a page is asked for in.
export const jar = new Map()

export async function cookies () {
  return {
    getAll: () => [...jar].map(([name, value]) => ({ name, value })),
    set: (name, value) => { value === '' ? jar.delete(name) : jar.set(name, value) }
  }
}

export async function headers () {
  return new Headers({ 'x-forwarded-for': '203.0.113.9', 'user-agent': 'a browser' })
}
