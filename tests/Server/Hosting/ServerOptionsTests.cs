using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Limits;
using Unkey.Server.Events;
using Unkey.Server.Events.Outlets;
using Unkey.Server.Hosting;
using Unkey.Server.Transport.Tls;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

public sealed class ServerOptionsTests
{
    private const string Secret = "root_0123456789abcdefghijklmnop";

    [Fact]
    public void TheShownDefaultsAreTheRealOnes()
    {
        ServerOptions none = Read(out List<string> problems);
        Assert.Empty(problems);

        // Every default that the help shows, read as if the operator had typed it, must change nothing.
        string[] inWords = ["--threads"];
        ServerOptions typed = ReadWith(
            ServerSettings.All.Where(s => s.Default is not null && !inWords.Contains(s.Option)).ToDictionary(s => s.Option, s => s.Default!), [], out problems);
        Assert.Empty(problems);
        Assert.Equal(none with { TrustedProxies = typed.TrustedProxies, Listen = typed.Listen }, typed);
        Assert.Equal(none.Listen, typed.Listen);
        Assert.Empty(typed.TrustedProxies);
    }

    [Fact]
    public void EverySettingHasAnEnvironmentNameThatFollowsItsOption()
    {
        Assert.Equal(ServerSettings.All.Count, ServerSettings.All.Select(s => s.EnvironmentName).Distinct().Count());
        Assert.Equal("UNKEY_MAX_BODY_SIZE", ServerSettings.Find("--max-body-size")!.EnvironmentName);
        Assert.All(ServerSettings.All, s => Assert.Contains($"[env: {s.EnvironmentName}]", s.HelpText, StringComparison.Ordinal));
    }

    [Fact]
    public void TheCommandLineWinsOverTheEnvironmentAndTheEnvironmentOverTheDefault()
    {
        ServerOptions options = ReadWith(
            new() { ["--threads"] = "3" },
            new() { ["UNKEY_THREADS"] = "5", ["UNKEY_LOG_LEVEL"] = "debug", ["UNKEY_LOG_FORMAT"] = "" },
            out List<string> problems);
        Assert.Empty(problems);
        Assert.Equal(3, options.Threads);
        Assert.Equal(LogLevel.Debug, options.LogLevel);
        Assert.Equal(LogFormat.Auto, options.LogFormat);
    }

    [Fact]
    public void EveryProblemIsListedAndNamesWhereItsValueCameFrom()
    {
        ReadWith(
            new() { ["--threads"] = "0", ["--listen"] = "nowhere" },
            new() { ["UNKEY_HEADER_TIMEOUT"] = "10", ["UNKEY_TRUSTED_PROXIES"] = "10.0.0.1/8" },
            out List<string> problems);
        Assert.Equal(4, problems.Count);
        Assert.Contains(problems, p => p.StartsWith("--threads: '0' ", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.StartsWith("--listen: 'nowhere' ", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.StartsWith("UNKEY_HEADER_TIMEOUT: '10' ", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.StartsWith("UNKEY_TRUSTED_PROXIES: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData(":9000", "0.0.0.0:9000")]
    [InlineData("localhost:65535", "127.0.0.1:65535")]
    [InlineData("[::1]:8080", "[::1]:8080")]
    [InlineData("[::]:80", "[::]:80")]
    public void AddressesAreRead(string text, string expected)
    {
        Assert.Null(SettingText.EndPoint(text, out IPEndPoint value));
        Assert.Equal(expected, value.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:+80")]
    [InlineData("127.0.0.1: 80")]
    [InlineData("127.1:80")]
    [InlineData("0177.0.0.1:80")]
    [InlineData("256.0.0.1:80")]
    [InlineData("::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("[::1:80")]
    [InlineData("example.com:80")]
    public void AnythingElseIsNoAddress(string text) => Assert.NotNull(SettingText.EndPoint(text, out _));

    [Theory]
    [InlineData("off", false, false, 0)]
    [InlineData("errors", true, false, 0)]
    [InlineData("all", true, true, 1)]
    [InlineData("0", true, true, 0)]
    [InlineData("0.01", true, true, 0.01)]
    [InlineData("1", true, true, 1)]
    public void RulesOfTheRequestLogAreRead(string text, bool errors, bool management, double share)
    {
        Assert.Null(RequestLogRule.Read(text, out RequestLogRule rule));
        Assert.Equal(new RequestLogRule(errors, management, share), rule);
    }

    [Theory]
    [InlineData("")]
    [InlineData("on")]
    [InlineData("1.01")]
    [InlineData("-0.1")]
    [InlineData("1e-3")]
    [InlineData("0,5")]
    [InlineData("NaN")]
    [InlineData(" 1")]
    public void AnythingElseIsNoRuleOfTheRequestLog(string text) => Assert.NotNull(RequestLogRule.Read(text, out _));

    [Fact]
    public void WhatNeedsEventsIsRefusedWithoutThem()
    {
        ReadWith(new() { ["--events"] = "false", ["--request-log"] = "errors" }, [], out List<string> problems);
        Assert.Contains("--request-log", Assert.Single(problems), StringComparison.Ordinal);
        ReadWith(new() { ["--events"] = "false", ["--event-sink"] = "stdout" }, [], out problems);
        Assert.Contains("--event-sink", Assert.Single(problems), StringComparison.Ordinal);
        ReadWith(new() { ["--events"] = "false", ["--durability"] = "strict" }, [], out problems);
        Assert.Contains("--durability", Assert.Single(problems), StringComparison.Ordinal);
        ReadWith(new() { ["--durability"] = "eventual" }, [], out problems);
        Assert.Contains("--durability", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void TlsNeedsBothOfItsFiles()
    {
        ReadWith(new() { ["--tls-cert"] = "cert.pem" }, [], out List<string> problems);
        Assert.Contains("--tls-key", Assert.Single(problems), StringComparison.Ordinal);
        ReadWith(new() { ["--tls-key"] = "key.pem" }, [], out problems);
        Assert.Contains("--tls-cert", Assert.Single(problems), StringComparison.Ordinal);
        ReadWith(new() { ["--tls-client-ca"] = "ca.pem" }, [], out problems);
        Assert.Contains("--tls-client-ca", Assert.Single(problems), StringComparison.Ordinal);
        ReadWith(new() { ["--tls-cert"] = "certs/", ["--tls-key"] = "key.pem" }, [], out problems);
        Assert.Contains("is not a file name", Assert.Single(problems), StringComparison.Ordinal);
        ServerOptions options = ReadWith(new() { ["--tls-cert"] = "both.pem", ["--tls-key"] = "both.pem", ["--tls-client-ca"] = "ca.pem" }, [], out problems);
        Assert.Empty(problems);
        Assert.Equal(new TlsFileNames("both.pem", "both.pem", "ca.pem"), options.Tls);
        Assert.Null(ReadWith([], [], out _).Tls);
    }

    [Fact]
    public void AFileOfEventsWithoutItsOutletIsRefused()
    {
        ReadWith(new() { ["--event-file"] = "lines" }, [], out List<string> problems);
        Assert.Contains("--event-file", Assert.Single(problems), StringComparison.Ordinal);
        ServerOptions options = ReadWith(
            new() { ["--event-file"] = "lines", ["--event-sink"] = "file", ["--event-file-size"] = "2MiB", ["--event-file-count"] = "3" }, [], out problems);
        Assert.Empty(problems);
        Assert.Equal((OutletKind.File, "lines", 2 * 1024 * 1024, 3), (options.EventOutlet, options.EventFile, options.EventFileBytes, options.EventFileCount));
    }

    [Theory]
    [InlineData("100001us", 100.001)]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1m", 60_000)]
    [InlineData("1h", 3_600_000)]
    public void DurationsAreRead(string text, double ms)
    {
        Assert.Null(SettingText.Duration(text, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), out TimeSpan value));
        Assert.Equal(ms, value.TotalMilliseconds);
        Assert.Equal(text, SettingText.ShowDuration(value));
    }

    [Theory]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("99ms")]
    [InlineData("99999us")]
    [InlineData("9223372036854775807us")]
    [InlineData("61m")]
    [InlineData("9223372036854775807h")]
    [InlineData("92233720368547758070ms")]
    public void AnythingElseIsNoDuration(string text) =>
        Assert.NotNull(SettingText.Duration(text, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), out _));

    [Theory]
    [InlineData("1024", 1024)]
    [InlineData("64KiB", 65536)]
    [InlineData("64kb", 64000)]
    [InlineData("10MiB", 10485760)]
    [InlineData("10MB", 10000000)]
    [InlineData("256MiB", 268435456)]
    public void SizesAreRead(string text, int bytes)
    {
        Assert.Null(SettingText.Size(text, 1024, 256 * 1024 * 1024, out int value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1023")]
    [InlineData("257MiB")]
    [InlineData("9PB")]
    [InlineData("9223372036854775807GiB")]
    [InlineData("1e6")]
    public void AnythingElseIsNoSize(string text) => Assert.NotNull(SettingText.Size(text, 1024, 256 * 1024 * 1024, out _));

    [Fact]
    public void TrustedProxiesAreNetworks()
    {
        ServerOptions options = ReadWith(new() { ["--trusted-proxies"] = "10.0.0.0/8, 192.0.2.7,fd00::/8" }, [], out List<string> problems);
        Assert.Empty(problems);
        Assert.Equal(["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"], options.TrustedProxies.Select(n => n.ToString()));
        Assert.False(options.TrustsUnixPeers);
        options = ReadWith(new() { ["--trusted-proxies"] = "unix,10.0.0.0/8" }, [], out problems);
        Assert.Empty(problems);
        Assert.Equal((true, 1), (options.TrustsUnixPeers, options.TrustedProxies.Count));
        ReadWith(new() { ["--trusted-proxies"] = "unix:/run/x.sock" }, [], out problems);
        Assert.Single(problems);
    }

    [Theory]
    [InlineData("0.0.0.0:8080", false)]
    [InlineData("192.0.2.1:8080", false)]
    [InlineData("127.0.0.1:8080", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("unix:/run/x.sock,127.0.0.1:8080", true)]
    [InlineData("unix:/run/x.sock,0.0.0.0:8080", false)]
    public void TestModeNeedsALoopbackListener(string listen, bool accepted)
    {
        ReadWith(new() { ["--test-mode"] = "true", ["--listen"] = listen }, [], out List<string> problems);
        Assert.Equal(accepted, problems.Count == 0);
    }

    [Fact]
    public void TheAdminListenerCannotShareTheAddressOfTheApi()
    {
        ReadWith(new() { ["--listen"] = "0.0.0.0:9090" }, [], out List<string> problems);
        Assert.Single(problems);
        ReadWith(new() { ["--listen"] = "0.0.0.0:9090", ["--admin"] = "off" }, [], out problems);
        Assert.Empty(problems);
    }

    [Fact]
    public void ARootKeyIsNeverShownInTheProblemItCauses()
    {
        ReadWith(new() { ["--root-key"] = "tooshort\u001b[31m" }, [], out List<string> problems);
        Assert.Single(problems);
        Assert.DoesNotContain("tooshort", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsDoNotPrintTheirRootKey()
    {
        ServerOptions options = ReadWith([], new() { ["UNKEY_ROOT_KEY"] = Secret }, out _);
        Assert.Equal(Secret, options.RootKey);
        Assert.DoesNotContain("--root-key", options.SecretsOnCommandLine);
        Assert.DoesNotContain(Secret, options.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ARootKeyOnTheCommandLineIsMarkedForTheWarningAndBeatsTheEnvironment()
    {
        ServerOptions options = ReadWith(
            new() { ["--root-key"] = Secret }, new() { ["UNKEY_ROOT_KEY"] = "other_0123456789abcdefgh", ["UNKEY_ROOT_KEY_FILE"] = "/nowhere" }, out List<string> problems);
        Assert.Empty(problems);
        Assert.Equal(Secret, options.RootKey);
        Assert.Equal(["--root-key"], options.SecretsOnCommandLine);
    }

    [Fact]
    public void TwoSourcesOfTheRootKeyAreRefused()
    {
        ReadWith([], new() { ["UNKEY_ROOT_KEY"] = Secret, ["UNKEY_ROOT_KEY_FILE"] = "/nowhere" }, out List<string> problems);
        Assert.Contains(problems, p => p.Contains("UNKEY_ROOT_KEY and UNKEY_ROOT_KEY_FILE", StringComparison.Ordinal));
    }

    [Fact]
    public void ARootKeyFileGivesItsFirstLine()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Secret + "\r\nnot this\n");
            Assert.Equal(Secret, ReadWith(new() { ["--root-key-file"] = file }, [], out List<string> problems).RootKey);
            Assert.Empty(problems);

            File.WriteAllText(file, "");
            ReadWith(new() { ["--root-key-file"] = file }, [], out problems);
            Assert.Single(problems);
        }
        finally
        {
            File.Delete(file);
        }

        ReadWith(new() { ["--root-key-file"] = file }, [], out List<string> missing);
        Assert.Single(missing);
    }

    [Fact]
    public void MasterKeysComeFromOptionEnvironmentOrFileAndAreNeverShown()
    {
        const string Key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        ServerOptions options = ReadWith([], new() { ["UNKEY_ENCRYPTION_KEY"] = Key }, out List<string> problems);
        Assert.Empty(problems);
        Assert.NotNull(options.EncryptionKeys);
        Assert.Empty(options.SecretsOnCommandLine);
        Assert.DoesNotContain(Key, options.ToString() + options.EncryptionKeys, StringComparison.Ordinal);

        options = ReadWith(new() { ["--encryption-key"] = Key }, new() { ["UNKEY_ENCRYPTION_KEY_FILE"] = "/nowhere" }, out problems);
        Assert.Empty(problems);
        Assert.Equal(["--encryption-key"], options.SecretsOnCommandLine);
        Assert.DoesNotContain("--root-key", options.SecretsOnCommandLine);

        ReadWith(new() { ["--encryption-key"] = Key + "x" }, [], out problems);
        Assert.DoesNotContain(Key, Assert.Single(problems), StringComparison.Ordinal);
        ReadWith([], new() { ["UNKEY_ENCRYPTION_KEY"] = Key, ["UNKEY_ENCRYPTION_KEY_FILE"] = "/nowhere" }, out problems);
        Assert.Contains(problems, p => p.Contains("UNKEY_ENCRYPTION_KEY and UNKEY_ENCRYPTION_KEY_FILE", StringComparison.Ordinal));

        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"{Key}\n{Key.Replace('A', 'B')}\n");
            Assert.NotNull(ReadWith(new() { ["--encryption-key-file"] = file }, [], out problems).EncryptionKeys);
            Assert.Empty(problems);
            File.WriteAllText(file, "");
            ReadWith(new() { ["--encryption-key-file"] = file }, [], out problems);
            Assert.Single(problems);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void TheRatelimitAlgorithmIsOneOfTwo()
    {
        Assert.Equal(LimitAlgorithm.TokenBucket, Read(out _).RatelimitAlgorithm);
        Assert.Equal(LimitAlgorithm.SlidingWindow, ReadWith(new() { ["--ratelimit-algorithm"] = "sliding-window" }, [], out _).RatelimitAlgorithm);
        Assert.Equal(LimitAlgorithm.SlidingWindow, ReadWith([], new() { ["UNKEY_RATELIMIT_ALGORITHM"] = "sliding-window" }, out _).RatelimitAlgorithm);
        ReadWith(new() { ["--ratelimit-algorithm"] = "Sliding-Window" }, [], out List<string> problems);
        Assert.Contains("'token-bucket' nor 'sliding-window'", Assert.Single(problems), StringComparison.Ordinal);
    }

    private static ServerOptions Read(out List<string> problems) => ReadWith([], [], out problems);

    private static ServerOptions ReadWith(Dictionary<string, string> commandLine, Dictionary<string, string> environment, out List<string> problems)
    {
        problems = [];
        return ServerOptionsReader.Read(setting => commandLine.GetValueOrDefault(setting.Option), name => environment.GetValueOrDefault(name), problems);
    }
}
