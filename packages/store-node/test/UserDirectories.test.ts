import { homedir } from "node:os"
import { isAbsolute } from "node:path"
import * as UserDirectories from "@pbx-auth/store-node/UserDirectories"
import { describe, expect, it } from "vitest"

const linux = { platform: "linux", home: "/home/111", env: {} } as const
const macOS = { platform: "darwin", home: "/Users/111", env: {} } as const
const windows = { platform: "win32", home: "C:\\Users\\111", env: {} } as const

describe("a user's directories", () => {
  it("are those of the system", () => {
    expect(UserDirectories.of("pbx-auth", linux)).toEqual({
      config: "/home/111/.config/pbx-auth",
      state: "/home/111/.local/state/pbx-auth",
      cache: "/home/111/.cache/pbx-auth",
    })
    expect(UserDirectories.of("pbx-auth", macOS)).toEqual({
      config: "/Users/111/Library/Application Support/pbx-auth",
      state: "/Users/111/Library/Application Support/pbx-auth",
      cache: "/Users/111/Library/Caches/pbx-auth",
    })
    expect(UserDirectories.of("pbx-auth", windows)).toEqual({
      config: "C:\\Users\\111\\AppData\\Roaming\\pbx-auth",
      state: "C:\\Users\\111\\AppData\\Local\\pbx-auth",
      cache: "C:\\Users\\111\\AppData\\Local\\pbx-auth\\Cache",
    })
  })

  it.each([linux, macOS])("follow the XDG variables, if they are whole paths ($platform)", (surroundings) => {
    const set = { XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s/", XDG_CACHE_HOME: "/k" }
    expect(UserDirectories.of("app", { ...surroundings, env: set })).toEqual({
      ...{ config: "/c/app", state: "/s/app", cache: "/k/app" },
    })
    for (const ignored of ["", "state", "./state", "~/state"]) {
      const env = { XDG_CONFIG_HOME: ignored, XDG_STATE_HOME: ignored, XDG_CACHE_HOME: ignored }
      expect(UserDirectories.of("app", { ...surroundings, env })).toEqual(UserDirectories.of("app", surroundings))
    }
  })

  it("follow Windows' variables", () => {
    const env = { APPDATA: "D:\\r", LOCALAPPDATA: "D:\\l", XDG_STATE_HOME: "/s" }
    expect(UserDirectories.of("app", { ...windows, env })).toEqual({
      ...{ config: "D:\\r\\app", state: "D:\\l\\app", cache: "D:\\l\\app\\Cache" },
    })
  })

  it("are this user's by default", () => {
    const own = UserDirectories.of("app", { env: {} })
    for (const path of Object.values(own)) {
      expect(isAbsolute(path)).toBe(true)
      expect(path.startsWith(homedir())).toBe(true)
    }
  })
})
