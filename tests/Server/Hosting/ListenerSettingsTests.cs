using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Net;
using Unkey.Server.Commands;
using Unkey.Server.Hosting;
using Xunit;

namespace Unkey.Server.Tests.Hosting;

/// <summary>Where the server listens and how its threads serve, from the command line and the environment.</summary>
public sealed class ListenerSettingsTests
{
    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("unix:/run/unkey/api.sock")]
    [InlineData("unix:relative.sock")]
    [InlineData("127.0.0.1:1,[::1]:1,unix:/run/a.sock,unix:/run/b.sock")]
    [InlineData("127.0.0.1:0,127.0.0.1:0")]
    public void AddressesAreReadAndShownAgain(string text)
    {
        Assert.Null(ListenAddress.ReadList(text, out IReadOnlyList<EndPoint> value));
        Assert.Equal(text, ListenAddress.Show(value));
    }

    [Theory]
    [InlineData("", "is not an address")]
    [InlineData("unix:", "names no Unix socket")]
    [InlineData("unix:@", "names no Unix socket")]
    [InlineData("unix:/run/", "names no Unix socket")]
    [InlineData("unix:/a\0b", "names no Unix socket")]
    [InlineData("127.0.0.1:1,", "contains '', which is not an address")]
    [InlineData("127.0.0.1:1,nowhere", "contains 'nowhere', which is not an address")]
    [InlineData("127.0.0.1:1, 127.0.0.1:1", "names 127.0.0.1:1 twice")]
    [InlineData("unix:/a,unix:/a", "names unix:/a twice")]
    [InlineData("127.0.0.1:99999", "has a port above 65535")]
    public void AnythingElseIsNamed(string text, string problem) =>
        Assert.StartsWith(problem, ListenAddress.ReadList(text, out _), StringComparison.Ordinal);

    [Fact]
    public void TheLengthOfAPathAndTheNumberOfAddressesAreBounded()
    {
        // Bytes count, not characters.
        Assert.Null(ListenAddress.Read("unix:/" + new string('x', 106), out _));
        Assert.Equal("has a path of 108 bytes; a Unix socket takes at most 107", ListenAddress.Read("unix:/" + new string('x', 107), out _));
        Assert.Equal("has a path of 109 bytes; a Unix socket takes at most 107", ListenAddress.Read("unix:/" + new string('\u00e9', 54), out _));
        Assert.Null(ListenAddress.ReadList(Addresses(16), out _));
        Assert.Equal("names 17 addresses; at most 16 are possible", ListenAddress.ReadList(Addresses(17), out _));

        static string Addresses(int count) => string.Join(',', Enumerable.Range(1, count).Select(static i => $"unix:/{i}"));
    }

    [Fact]
    public void ListenMayBeGivenSeveralTimesAndWinsOverTheEnvironment()
    {
        ServerOptions options = Read("--listen", "127.0.0.1:1,unix:/a", "--listen", "unix:/b");
        Assert.Equal("127.0.0.1:1,unix:/a,unix:/b", ListenAddress.Show(options.Listen));
        Assert.Equal("unix:/c,127.0.0.1:2", ListenAddress.Show(Read().Listen));

        static ServerOptions Read(params string[] arguments)
        {
            using StringWriter output = new();
            ServeCommand serve = new(new CommandContext(output, output, static name => name == "UNKEY_LISTEN" ? "unix:/c, 127.0.0.1:2" : null));
            List<string> problems = [];
            ParseResult result = serve.Build().Parse(arguments);
            Assert.Empty(result.Errors);
            ServerOptions options = serve.Read(result, problems);
            Assert.Empty(problems);
            return options;
        }
    }

    [Theory]
    [InlineData("0660", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    [InlineData("600", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData("0", UnixFileMode.None)]
    public void AModeIsOctal(string text, UnixFileMode mode) => Assert.Equal(mode, With("--unix-socket-mode", text).UnixSocketMode);

    [Theory]
    [InlineData("--unix-socket-mode", "0888")]
    [InlineData("--unix-socket-mode", "1777")]
    [InlineData("--unix-socket-mode", "rw")]
    [InlineData("--busy-poll", "50")]
    [InlineData("--busy-poll", "1001ms")]
    [InlineData("--reactor-cores", "")]
    [InlineData("--reactor-cores", "2-1")]
    [InlineData("--reactor-cores", "0,0-1")]
    [InlineData("--reactor-cores", "0-1000000000")]
    [InlineData("--reactor-cores", "-1")]
    [InlineData("--reactor-cores", "a")]
    public void AnythingElseIsRefused(string option, string text)
    {
        ServerOptions draft = new();
        Assert.NotNull(ServerSettings.Find(option)!.Read(text, ref draft));
    }

    [Fact]
    public void CoresAreListsAndEachReactorHasOne()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        ServerOptions options = With("--reactor-cores", "6,0,2-4");
        Assert.Equal([6, 0, 2, 3, 4], options.ReactorCores);
        Assert.Equal(5, options.Threads);
        Assert.Empty(With("--reactor-cores", "off").ReactorCores);
        List<string> problems = [];
        ServerOptionsReader.Read(
            static setting => setting.Option switch { "--reactor-cores" => "0-2", "--threads" => "2", _ => null }, static _ => null, problems);
        Assert.Equal("--reactor-cores: names 3 cores for the 2 threads of --threads; each reactor needs one of its own", Assert.Single(problems));
    }

    [Fact]
    public void BusyPollingIsOffAndHasMicroseconds()
    {
        Assert.Equal(TimeSpan.Zero, new ServerOptions().BusyPoll);
        Assert.Equal(TimeSpan.FromMicroseconds(50), With("--busy-poll", "50us").BusyPoll);
    }

    [Fact]
    public void ACertificateThatNoAddressUsesIsRefused()
    {
        List<string> problems = [];
        ServerOptionsReader.Read(
            static setting => setting.Option switch { "--listen" => "unix:/a", "--tls-cert" or "--tls-key" => "both.pem", _ => null }, static _ => null, problems);
        Assert.StartsWith("--tls-cert: Unix sockets speak plain HTTP", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void AnAdminSocketNeedsNoTokenButAPlaceOfItsOwn()
    {
        Assert.Equal("unix:/admin", ListenAddress.Show(With("--admin", "unix:/admin").Admin!));
        List<string> problems = [];
        ServerOptionsReader.Read(static setting => setting.Option is "--listen" or "--admin" ? "unix:/a" : null, static _ => null, problems);
        Assert.Equal("--admin: unix:/a is also the address of --listen", Assert.Single(problems));
    }

    private static ServerOptions With(string option, string text)
    {
        List<string> problems = [];
        ServerOptions options = ServerOptionsReader.Read(setting => setting.Option == option ? text : null, static _ => null, problems);
        Assert.Empty(problems);
        return options;
    }
}
