using System;
using System.Text;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class V1VerifyKeyJsonTests
{
    private delegate void Writing(ref ResponseWriter writer);

    [Fact]
    public void AKeyThatIsNotFoundGetsTheMinimalBody() => Assert.Equal(
        "{\"valid\":false,\"code\":\"NOT_FOUND\",\"requestId\":\"req_abc\"}",
        Write(static (ref ResponseWriter writer) => V1VerifyKeyJson.WriteNotFound(ref writer, "req_abc"u8)));

    [Fact]
    public void AFullAnswerHasTheMembersOfTheContract()
    {
        byte[] key = VerifyKeyFragments.Key("key_1", true, "n", "{\"a\":[1]}"u8, 1734000060000, ["a.b"], ["r"]);
        byte[] identity = VerifyKeyFragments.Identity("id_1", "user \"1\"", "{\"b\":2}"u8);
        string body = Write((ref ResponseWriter writer) =>
        {
            V1VerifyKeyJson.WriteStart(
                ref writer, "req_abc"u8, VerifyKeyCode.RateLimited, key, hasPermissions: true, hasRoles: true, VerifyKeyFragments.Legacy("pro\"d"));
            V1VerifyKeyJson.WriteRemaining(ref writer, 0);
            V1VerifyKeyJson.WriteIdentity(ref writer, identity, "user \"1\""u8);
            V1VerifyKeyJson.WriteRatelimit(ref writer, 10, 0, 1734000001000);
            V1VerifyKeyJson.WriteEnd(ref writer);
        });
        Assert.Equal(
            "{\"valid\":false,\"code\":\"RATE_LIMITED\",\"requestId\":\"req_abc\",\"keyId\":\"key_1\",\"enabled\":true,\"name\":\"n\",\"meta\":{\"a\":[1]},"
            + "\"expires\":1734000060000,\"permissions\":[\"a.b\"],\"roles\":[\"r\"],\"environment\":\"pro\\\"d\",\"remaining\":0,"
            + "\"ownerId\":\"user \\\"1\\\"\",\"identity\":{\"id\":\"id_1\",\"externalId\":\"user \\\"1\\\"\",\"meta\":{\"b\":2}},"
            + "\"ratelimit\":{\"limit\":10,\"remaining\":0,\"reset\":1734000001000}}",
            body);
    }

    [Fact]
    public void ListsAndTheMetadataOfAnIdentityAreShownAlsoWhenTheyAreEmpty()
    {
        byte[] key = VerifyKeyFragments.Key("key_1", false, null, default, null, [], []);
        byte[] identity = VerifyKeyFragments.Identity("id_1", "}", default);
        string body = Write((ref ResponseWriter writer) =>
        {
            V1VerifyKeyJson.WriteStart(
                ref writer, "req_abc"u8, VerifyKeyCode.Valid, key, hasPermissions: false, hasRoles: false, VerifyKeyFragments.Legacy(null));
            V1VerifyKeyJson.WriteIdentity(ref writer, identity, "}"u8);
            V1VerifyKeyJson.WriteEnd(ref writer);
        });
        Assert.Equal(
            "{\"valid\":true,\"code\":\"VALID\",\"requestId\":\"req_abc\",\"keyId\":\"key_1\",\"enabled\":false,\"permissions\":[],\"roles\":[],"
            + "\"ownerId\":\"}\",\"identity\":{\"id\":\"id_1\",\"externalId\":\"}\",\"meta\":{}}}",
            body);
    }

    [Fact]
    public void ALimitIsAnsweredBare() => Assert.Equal(
        "{\"success\":false,\"limit\":10,\"remaining\":0,\"reset\":1734000001000}",
        Write(static (ref ResponseWriter writer) => RatelimitJson.WriteV1(ref writer, success: false, 10, 0, 1734000001000)));

    private static string Write(Writing write)
    {
        byte[] response = new byte[4096];
        var writer = new ResponseWriter(response);
        write(ref writer);
        Assert.False(writer.Overflowed);
        return Encoding.UTF8.GetString(response.AsSpan(0, writer.Written));
    }
}
