using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Unkey.Server.Hosting;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

/// <summary>The unit, the compose file and the image give the server no more than it needs, and time enough to stop.</summary>
public sealed class DeploymentTests
{
    private const string Analyze = "/usr/bin/systemd-analyze";

    // RunningServer's and ServerHost's own times on top of the drain.
    private const int CloseSeconds = 10;

    private static string Unit => Path.Combine(RepositoryPaths.Root, "deploy", "systemd", "unkey.service");

    [Fact]
    public void TheUnitGivesNoMoreThanIsNeeded()
    {
        string[] lines = File.ReadAllLines(Unit);
        foreach (string wanted in new[]
        {
            "DynamicUser=yes", "StateDirectoryMode=0700", "UMask=0077", "CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes",
            "PrivateDevices=yes", "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "RestrictNamespaces=yes", "LimitCORE=0", "Restart=on-failure",
        })
        {
            Assert.Contains(wanted, lines);
        }

        int stop = int.Parse(lines.Single(static line => line.StartsWith("TimeoutStopSec=", StringComparison.Ordinal))["TimeoutStopSec=".Length..]);
        Assert.True(stop > new ServerOptions().DrainTimeout.TotalSeconds + CloseSeconds, "a stop has time for the drain and for what is queued");
        int files = int.Parse(lines.Single(static line => line.StartsWith("LimitNOFILE=", StringComparison.Ordinal))["LimitNOFILE=".Length..]);
        Assert.True(files > new ServerOptions().MaxConnections, "each connection is a descriptor");
    }

    /// <summary>systemd's own tool finds nothing wrong with the unit, and calls its exposure low.</summary>
    [Fact]
    public void SystemdTakesTheUnitAndCallsItsExposureLow()
    {
        Assert.True(File.Exists(Analyze), $"{Analyze} is missing; ./test installs it (Debian: systemd).");

        string directory = Directory.CreateTempSubdirectory("unkey-unit-").FullName;
        try
        {
            // The tool looks for the program; where it is installed is not the question here.
            string unit = Path.Combine(directory, "unkey.service");
            File.WriteAllText(unit, File.ReadAllText(Unit).Replace("/usr/local/bin/unkey", "/bin/true", StringComparison.Ordinal));
            (int code, string said) = Run("verify", "--man=no", unit);
            string[] faults = [.. said.Split('\n').Where(static line => line.Contains("unkey.service", StringComparison.Ordinal))];
            Assert.True(code == 0 || faults.Length == 0, said);
            Assert.Empty(faults);
            (code, said) = Run("security", "--offline=true", "--no-pager", "--threshold=20", unit);
            Match exposure = Regex.Match(said, @"Overall exposure level for unkey\.service: ([0-9.]+)");
            Assert.True(exposure.Success && code == 0, said);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void TheContainerRunsWithoutRightsAndStopsInTime()
    {
        string compose = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "deploy", "compose.yaml"));
        foreach (string wanted in new[] { "read_only: true", "cap_drop:\n      - ALL", "no-new-privileges:true", "user: \"65532:65532\"", "core: 0" })
        {
            Assert.Contains(wanted, compose, StringComparison.Ordinal);
        }

        int grace = int.Parse(Regex.Match(compose, @"stop_grace_period: ([0-9]+)s").Groups[1].ValueSpan);
        Assert.True(grace > new ServerOptions().DrainTimeout.TotalSeconds + CloseSeconds, "a stop has time");
        string image = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "Dockerfile.aot"));
        Assert.Contains("\nFROM scratch\n", image, StringComparison.Ordinal);
        Assert.Contains("\nUSER 65532:65532\n", image, StringComparison.Ordinal);
        Assert.Contains("chmod 700 /rootfs/data", image, StringComparison.Ordinal);
        string script = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "scripts", "image"));
        Assert.Contains("--read-only --cap-drop all --security-opt no-new-privileges", script, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        ProcessStartInfo info = new(Analyze, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(info)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
