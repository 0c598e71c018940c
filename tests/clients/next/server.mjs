// Requests and answers as a middleware of Next sees them: those of the web, with cookies to read and to set.
export class NextRequest extends Request {
  constructor (url, { cookies = new Map(), ...rest } = {}) {
    super(url, rest)
    this.nextUrl = new URL(url)
    this.cookies = { getAll: () => [...cookies].map(([name, value]) => ({ name, value })) }
  }
}

export class NextResponse extends Response {
  #set = []

  // Kept as they were given; a browser's jar applies them in this order.
  cookies = {
    set: (name, value, options = {}) => void this.#set.push({ name, value, options }),
    getAll: () => this.#set
  }

  static next () {
    return new NextResponse(null, { headers: { 'x-middleware-next': '1' } })
  }

  static redirect (url) {
    return new NextResponse(null, { status: 307, headers: { location: String(url) } })
  }
}
