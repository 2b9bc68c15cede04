using System;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Security;

/// <summary>A flood of unknown root keys is refused where it arrives, and locks nobody out.</summary>
public sealed class FailedAuthenticationTests
{
    private const int Limit = 5;

    [Fact]
    public void UnknownRootKeysAreRefusedFromTheLimitAndKnownOnesWork()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--max-failed-auth", $"{Limit}"] });
        using ApiClient client = server.Client();
        CreatedKey key = client.CreateKey(client.CreateApi());
        using ApiClient stranger = client.With("unkey_nobody_has_this_one");
        Reply refused = Flood(() => stranger.Post("keys.verifyKey", """{"key":"x"}"""));
        Assert.Equal(429, refused.Status);
        Assert.InRange(int.Parse(refused.Http.Field("Retry-After")!), 1, 60);

        // The same address; an ordinary key is no root key, but it is known and gets its own answer.
        Assert.Equal("VALID", client.Verify(key.Key).Code);
        Assert.Equal(200, client.Post("apis.getApi", $$"""{"apiId":"{{key.ApiId}}"}""").Status);
        using ApiClient ordinary = client.With(key.Key);
        ordinary.Post("apis.getApi", $$"""{"apiId":"{{key.ApiId}}"}""").Refused(ErrorCode.UnknownRootKey);
        Assert.True(server.Metric("unkey_failed_authentications_throttled_total") >= 1);
        Assert.Contains(
            server.Output.Split('\n'),
            static line => line.Contains("unknown root keys within a minute", StringComparison.Ordinal) && line.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public void BehindATrustedProxyEachClientHasItsOwnCount()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--max-failed-auth", $"{Limit}", "--trusted-proxies", "127.0.0.1/32"] });
        using ApiClient client = server.Client();
        Flood(() => From("203.0.113.7"));
        From("203.0.113.8").Refused(ErrorCode.UnknownRootKey);

        Reply From(string address) => client.Send(new ApiRequest("apis.getApi", """{"apiId":"api_1234567"}""")
        {
            Authorization = "Bearer unkey_nobody_has_this_one",
            MoreFields = ["X-Forwarded-For: " + address],
        });
    }

    [Fact]
    public void WithoutALimitAFloodIsAnsweredAsEver()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--max-failed-auth", "0"] });
        using ApiClient stranger = server.Client().With("unkey_nobody_has_this_one");
        for (int i = 0; i < 2_000; i++)
        {
            stranger.Post("apis.getApi", """{"apiId":"api_1234567"}""").Refused(ErrorCode.UnknownRootKey);
        }
    }

    // The minute of the server may end in the middle, and then the count starts again, once.
    private static Reply Flood(Func<Reply> send)
    {
        for (int sent = 0; ; sent++)
        {
            Reply reply = send();
            if (reply.Status == 429)
            {
                Assert.InRange(sent, Limit, 2 * Limit);
                return reply.Refused(ErrorCode.AuthenticationThrottled);
            }

            reply.Refused(ErrorCode.UnknownRootKey);
        }
    }
}
