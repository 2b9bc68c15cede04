using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Security;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>How a server is started. What is not given is as the tests need it: loopback, free ports, JSON logs.</summary>
internal sealed record ServerSetup
{
    /// <summary>The published binary to test, or <see langword="null"/> for the build output under the JIT.</summary>
    public static string? PublishedBinary { get; } = Variable("UNKEY_TEST_SERVER");

    /// <summary>The transport under test.</summary>
    public static string Transport { get; } = Variable("UNKEY_TEST_TRANSPORT") ?? (OperatingSystem.IsLinux() ? "epoll" : "portable");

    /// <summary>Whether the tests speak to a Unix socket of the server instead of its port, where they name neither.</summary>
    public static bool OverUnix { get; } = Variable("UNKEY_TEST_LISTEN") == "unix";

    /// <summary>Data directory; a fresh one when not given.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Bootstrap root key, passed in the environment; <see langword="null"/> lets the server make one.</summary>
    public string? RootKey { get; init; } = "unkey_root_" + Guid.NewGuid().ToString("N");

    /// <summary>How the tests' own connections speak TLS; <see langword="null"/> for none. What the server speaks is said by its options.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>More options; they take the place of those that the harness gives otherwise.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Environment variables of the server; the last of a name wins.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    /// <summary>A shell command that runs in the server's place and ends with <c>exec "$@"</c>, for limits and mounts; or none.</summary>
    public string? Shell { get; init; }

    /// <summary>What runs the shell command, such as <c>unshare -m</c>; none when there is nothing to put before it.</summary>
    public IReadOnlyList<string> ShellPrefix { get; init; } = [];

    /// <summary>The program and the arguments that start the server without any option.</summary>
    public static IReadOnlyList<string> Program { get; } = PublishedBinary is { } binary
        ? [Path.GetFullPath(binary)]
        : [Variable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(AppContext.BaseDirectory, "unkey.dll")];

    private static string? Variable(string name) => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
