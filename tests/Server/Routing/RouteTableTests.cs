using System;
using System.Text;
using Unkey.Server.Routing;
using Xunit;

namespace Unkey.Server.Tests.Routing;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData("//v2/liveness", "/v2/liveness")]
    [InlineData("/v2//liveness", "/v2/liveness")]
    [InlineData("/./v2/./liveness", "/v2/liveness")]
    [InlineData("/x/../v2/liveness", "/v2/liveness")]
    [InlineData("/../../v2/liveness", "/v2/liveness")]
    [InlineData("/v2/x/y/../../liveness", "/v2/liveness")]
    [InlineData("/v2/liveness/..", "/v2")]
    public void UncleanPathsAreCleaned(string path, string expected)
    {
        Span<byte> clean = stackalloc byte[RouteTable.PathBytesMax];
        Assert.True(RouteTable.TryClean(Encoding.ASCII.GetBytes(path), clean, out int length));
        Assert.Equal(expected, Encoding.ASCII.GetString(clean[..length]));
    }

    [Theory]
    [InlineData("/v2/liveness")]
    [InlineData("/v2/liveness/")]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("/..")]
    [InlineData("/v2/...")]
    public void OtherPathsAreLeftAlone(string path)
    {
        Span<byte> clean = stackalloc byte[RouteTable.PathBytesMax];
        Assert.False(RouteTable.TryClean(Encoding.ASCII.GetBytes(path), clean, out _));
    }

    [Fact]
    public void APathLongerThanAnyServedOneIsNotCleaned()
    {
        Span<byte> clean = stackalloc byte[RouteTable.PathBytesMax];
        Assert.False(RouteTable.TryClean(Encoding.ASCII.GetBytes("//" + new string('a', RouteTable.PathBytesMax)), clean, out _));
    }
}
