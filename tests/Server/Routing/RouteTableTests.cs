using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Documents;
using Unkey.Server.ControlPlane.Operations;
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryOperationIsServedAndTheDocumentsWhenTheyAreWanted(bool servesDocuments)
    {
        IReadOnlyList<Operation> operations = AllOperations.Create();
        RouteTable routes = new(new ControlPlaneRouter(operations.Select(static operation => new OperationEndpoint(operation, null!))), servesDocuments);
        Dictionary<string, RouteKind> hot = new()
        {
            ["/v2/keys.verifyKey"] = RouteKind.VerifyKey,
            ["/v2/ratelimit.limit"] = RouteKind.Limit,
            ["/v2/ratelimit.multiLimit"] = RouteKind.MultiLimit,
        };
        foreach (string path in operations.Select(static operation => operation.Path))
        {
            Assert.Equal(hot.GetValueOrDefault(path, RouteKind.ControlPlane), routes.Match(Encoding.ASCII.GetBytes(path)));
            Assert.Equal(RouteKind.Unclean, routes.Match(Encoding.ASCII.GetBytes("/" + path)));
        }

        Assert.Equal(RouteKind.Liveness, routes.Match(Encoding.ASCII.GetBytes(ApiDescription.LivenessPath)));
        foreach (string path in new[] { "/openapi.json", "/openapi.yaml", "/reference" })
        {
            Assert.Equal(servesDocuments ? RouteKind.Document : RouteKind.Unknown, routes.Match(Encoding.ASCII.GetBytes(path)));
        }

        Assert.Equal(RouteKind.Unknown, routes.Match("/openapi.jso"u8));
        Assert.Equal(RouteKind.Unknown, routes.Match("/Reference"u8));
    }

    [Fact]
    public void APathLongerThanAnyServedOneIsNotCleaned()
    {
        Span<byte> clean = stackalloc byte[RouteTable.PathBytesMax];
        Assert.False(RouteTable.TryClean(Encoding.ASCII.GetBytes("//" + new string('a', RouteTable.PathBytesMax)), clean, out _));
    }
}
