using System.Collections.Generic;
using System.Linq;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>Every member of every body: what the contract refuses is refused, naming the place, and what it allows is let through.</summary>
public sealed class BadInputTests(ServerFixture fixture) : TcpTests(fixture)
{
    public static TheoryData<string, string> OperationFields => Endpoint.OperationFields;

    [Theory]
    [MemberData(nameof(OperationFields))]
    public void AValueOutsideTheContractIsRefusedAndItsPlaceIsNamed(string operation, string path)
    {
        Endpoint endpoint = Endpoint.Of(operation);
        Field member = endpoint.Fields.Single(field => field.Path == path);
        List<string> faults = [];
        foreach (BadInput input in BadInput.RefusedAt(endpoint.Body(Scene), member))
        {
            Reply reply = Caller(operation).Post(operation, input.Body);
            bool refused = reply.Status == 400 && reply.ErrorType == ErrorCode.InvalidInput;
            bool placed = refused && (input.Location is null ? reply.ErrorLocations.Length == 0 : reply.ErrorLocations.Contains(input.Location));
            if (!placed)
            {
                faults.Add($"{path} = {input.What}: wanted {input.Location ?? "no list"}, got {reply.Http}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [MemberData(nameof(OperationFields))]
    public void AValueAtTheBoundsOfTheContractIsAccepted(string operation, string path)
    {
        Endpoint endpoint = Endpoint.Of(operation);
        Field member = endpoint.Fields.Single(field => field.Path == path);
        List<string> faults = [];
        foreach (BadInput input in BadInput.AcceptedAt(endpoint.Body(Scene), member))
        {
            Reply reply = Caller(operation).Post(operation, input.Body);

            // One rule spans two members: a refill needs a balance. It is told by the operation, not by the schema.
            bool isRuleOfCredits = path == "credits.remaining" && reply.Status == 400 && reply.Detail.Contains("credits.remaining");

            // And a root key does not hand out a permission that it lacks.
            bool isAccepted = reply.Status is 200 or 404 or 409 || (reply.Status == 403 && path == "permissions[0]");
            if (!isAccepted && !isRuleOfCredits)
            {
                faults.Add($"{path} = {input.What}: {reply.Http}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("keys.createKey", "credits", false)]
    [InlineData("keys.createKey", "credits.refill", false)]
    [InlineData("keys.createKey", "ratelimits[0]", true)]
    [InlineData("keys.createKey", "meta", true)]
    [InlineData("keys.updateKey", "credits", false)]
    [InlineData("keys.updateKey", "credits.refill", false)]
    [InlineData("keys.updateKey", "ratelimits[0]", true)]
    [InlineData("keys.verifyKey", "credits", false)]
    [InlineData("keys.verifyKey", "ratelimits[0]", true)]
    [InlineData("identities.createIdentity", "ratelimits[0]", true)]
    public void AnUnknownNestedMemberIsRefusedOnlyWhereTheObjectIsClosed(string operation, string path, bool isOpen)
    {
        string body = BodyEditor.Set(Endpoint.Of(operation).Body(Scene), path + ".foo", "1");
        Reply reply = Client.Post(operation, body);
        if (isOpen)
        {
            Assert.NotEqual(400, reply.Status);
        }
        else
        {
            reply.RefusedBySchema(operation, BodyEditor.Location(path) + "/additionalProperties");
        }
    }

    [Theory]
    [InlineData("keys.createKey")]
    [InlineData("keys.updateKey")]
    public void ARefillIntervalIsOneOfTwoWords(string operation)
    {
        string body = Endpoint.Of(operation).Body(Scene);
        const string Path = "credits.refill.interval";
        string location = BodyEditor.Location(Path);
        foreach (string json in new[] { "\"weekly\"", "\"Daily\"", "\"\"" })
        {
            Client.Post(operation, BodyEditor.Set(body, Path, json)).RefusedBySchema(operation, location + "/enum");
        }

        Client.Post(operation, BodyEditor.Set(body, Path, "5")).RefusedBySchema(operation);
        Client.Post(operation, BodyEditor.Set(body, Path, "null")).RefusedBySchema(operation);
        Client.Post(operation, BodyEditor.Remove(body, Path)).RefusedBySchema(operation, BodyEditor.ParentLocation(Path) + "/required");
    }

    [Theory]
    [InlineData("keys.createKey")]
    [InlineData("keys.updateKey")]
    public void ARoleNameHasOneTo128CharactersOfAnyKind(string operation)
    {
        string body = Endpoint.Of(operation).Body(Scene);
        foreach (string name in new[] { "", new string('r', 129), new string('r', 513) })
        {
            Client.Post(operation, BodyEditor.Set(body, "roles", $"[\"{name}\"]")).Refused(ErrorCode.InvalidInput);
        }

        foreach (string name in new[] { "Billing Admin", new string('r', 128), "rôle/№" })
        {
            Client.Post(operation, BodyEditor.Set(body, "roles", $"[\"{name}\"]")).Refused(ErrorCode.RoleNotFound);
        }
    }

    [Fact]
    public void TheMessageOfAShortNameSaysWhatWasGotAndWanted()
    {
        Reply reply = Client.Post("apis.createApi", """{"name":"ab"}""").RefusedBySchema("apis.createApi", "/properties/name/minLength");
        Assert.Equal(
            "minLength: got 2, want 3", reply.Json.GetProperty("error").GetProperty("errors")[0].GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00\\ud800")]
    [InlineData("\\ud800x")]
    public void ALoneSurrogateIsRefused(string escaped)
    {
        Client.Post("keys.verifyKey", $$"""{"key":"{{escaped}}"}""").Refused(ErrorCode.InvalidInput);
        Client.Post("apis.createApi", $$"""{"name":"an api {{escaped}}"}""").Refused(ErrorCode.InvalidInput);
    }

    [Fact]
    public void EscapedMemberNamesEqualPlainOnes()
    {
        Assert.Equal("VALID", Client.Post("keys.verifyKey", $$"""{"\u006bey":"{{Scene.Key.Key}}"}""").Code);
        Assert.Equal(200, Client.Post("apis.createApi", """{"n\u0061me":"escaped"}""").Status);
    }
}
