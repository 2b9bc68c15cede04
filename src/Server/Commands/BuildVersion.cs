using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary>What this binary is made of. Any thread.</summary>
internal static class BuildVersion
{
    private const int CommitCharacters = 12;

    /// <summary>Version and commit, such as <c>0.1.0+0123456789ab</c>.</summary>
    public static string Full { get; } = Shorten(typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");

    /// <summary>The runtime, such as <c>.NET 10.0.12 (Native AOT, linux-x64)</c>.</summary>
    public static string Runtime
    {
        get
        {
            // With PublishAot in the project, the feature switches for dynamic code are off under the JIT too; only the file that
            // a JIT has to load is a sure sign.
            bool isAot = !File.Exists(Path.Combine(AppContext.BaseDirectory, "unkey.dll"));
            return $".NET {Environment.Version} ({(isAot ? "Native AOT" : "JIT")}, {RuntimeInformation.RuntimeIdentifier}{(isAot && ProcessHardening.IsStatic ? ", static" : "")})";
        }
    }

    /// <summary>Version of the linked SQLite.</summary>
    public static string Sqlite
    {
        get
        {
            SQLitePCL.Batteries_V2.Init();
            return SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
        }
    }

    /// <summary>Version of the OpenSSL in use, or <c>none</c>.</summary>
    public static string OpenSsl
    {
        get
        {
            if (OperatingSystem.IsWindows())
            {
                return "none";
            }

            try
            {
                // 0xMNN00PP0 since OpenSSL 3: major, minor, patch.
                long number = SafeEvpPKeyHandle.OpenSslVersion;
                return $"{number >> 28}.{(number >> 20) & 0xFF}.{(number >> 4) & 0xFF}";
            }
            catch (Exception e) when (e is PlatformNotSupportedException or TypeInitializationException or DllNotFoundException)
            {
                return "none";
            }
        }
    }

    /// <summary>What <c>--transport auto</c> means here.</summary>
    public static string DefaultTransport => OperatingSystem.IsLinux() ? "epoll" : "portable";

    private static string Shorten(string version)
    {
        int plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 || version.Length - plus - 1 <= CommitCharacters ? version : version[..(plus + 1 + CommitCharacters)];
    }
}
