using System;
using System.IO;
using Xunit;

namespace Unkey.Load.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("unix:/tmp/server.socket", "localhost")]
    [InlineData("127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("localhost:8080", "127.0.0.1:8080")]
    public void AnAddressIsTcpOrUnix(string text, string host) => Assert.Equal(host, ServerAddress.Parse(text).Host);

    [Theory]
    [InlineData("unix:")]
    [InlineData("8080")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("[::1]:80")]
    public void AWrongAddressIsNamed(string text) => Assert.Contains(text, Assert.Throws<FormatException>(() => ServerAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void ASocketPathEndsAt107Bytes()
    {
        Assert.Equal("localhost", ServerAddress.Parse("unix:/" + new string('a', 106)).Host);
        Assert.Throws<FormatException>(() => ServerAddress.Parse("unix:/" + new string('a', 107)));
    }

    [Fact]
    public void ProtocolIsHttpUnlessRedisIsAskedFor()
    {
        Assert.False(LoadOptions.Parse([]).IsRedis);
        Assert.False(LoadOptions.Parse(["--protocol", "http"]).IsRedis);
        Assert.True(LoadOptions.Parse(["--protocol", "redis"]).IsRedis);
        Assert.Contains("--protocol", Assert.Throws<FormatException>(() => LoadOptions.Parse(["--protocol", "smtp"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAPeerAllocatedIsItsOneLine()
    {
        AllocationCounter.Allocated read = AllocationCounter.Allocated.Parse("allocated_bytes_total 120\n");
        Assert.Equal(120, read.Total);
        Assert.True(double.IsNaN(read.Reactors));
    }

    [Fact]
    public void WhatTheProductAllocatedIsTheTotalAndTheSumOfItsReactors()
    {
        const string Metrics = """
            # HELP unkey_reactor_allocated_bytes_total Managed bytes.
            unkey_reactor_allocated_bytes_total{reactor="0"} 5
            unkey_reactor_allocated_bytes_total{reactor="1"} 7
            unkey_managed_allocated_bytes_total 1000
            unkey_managed_allocated_bytes_total_of_another_kind 1
            """;
        AllocationCounter.Allocated before = AllocationCounter.Allocated.Parse(Metrics);
        Assert.Equal(new AllocationCounter.Allocated(1000, 12), before);
        Assert.Equal(new AllocationCounter.Allocated(500, 0), new AllocationCounter.Allocated(1500, 3).Since(before));
    }

    [Fact]
    public void AServerThatDoesNotSayWhatItAllocatedIsAnError() => Assert.Throws<IOException>(() => AllocationCounter.Allocated.Parse("up 1\n"));
}
