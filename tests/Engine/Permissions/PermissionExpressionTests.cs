using System.Collections.Generic;
using Unkey.Engine.Permissions;
using Xunit;

namespace Unkey.Engine.Tests.Permissions;

public sealed class PermissionExpressionTests
{
    private const string Urn = "unkey:v1:ws_1:keyspaces/ks_1/keys/k_1#update_key";

    private static readonly PermissionExpression s_addPermissions = PermissionExpression.Any(
        Urn,
        PermissionExpression.All(PermissionExpression.Any("api.*.update_key", "api.api_1.update_key"), "rbac.*.add_permission_to_key"));

    [Theory]
    [InlineData(true, "api.api_1.read_key")]
    [InlineData(false, "api.api_2.read_key")]
    [InlineData(false, "api.*.read_key")]
    [InlineData(false, "api.*.*")]
    [InlineData(false, "*")]
    [InlineData(false, "API.api_1.read_key")]
    public void TupleIsSatisfiedByTheIdenticalStringOnly(bool expected, string granted) =>
        Assert.Equal(expected, PermissionExpression.Leaf("api.api_1.read_key").IsSatisfiedBy(Set(granted)));

    [Theory]
    [InlineData(true, Urn)]
    [InlineData(true, "unkey:v1:ws_1:**#*")]
    [InlineData(true, "unkey:v1:ws_1:keyspaces/*/keys/*#update_key")]
    [InlineData(false, "unkey:v1:ws_1:keyspaces/*#*")]
    [InlineData(false, "unkey:v1:ws_2:**#*")]
    public void ResourceNameIsSatisfiedByAGrantThatCoversIt(bool expected, string granted) =>
        Assert.Equal(expected, PermissionExpression.Leaf(Urn).IsSatisfiedBy(Set(granted)));

    [Fact]
    public void InvalidGrantStillSatisfiesItsOwnIdenticalString() =>
        Assert.True(PermissionExpression.Leaf("unkey:v1:ws_1:keyspaces/*#*").IsSatisfiedBy(Set("unkey:v1:ws_1:keyspaces/*#*")));

    [Theory]
    [InlineData(true, Urn)]
    [InlineData(true, "api.*.update_key", "rbac.*.add_permission_to_key")]
    [InlineData(true, "api.api_1.update_key", "rbac.*.add_permission_to_key")]
    [InlineData(false, "api.*.update_key")]
    [InlineData(false, "rbac.*.add_permission_to_key")]
    [InlineData(false)]
    public void AlternativesAndConjunctionsNest(bool expected, params string[] granted) =>
        Assert.Equal(expected, s_addPermissions.IsSatisfiedBy(Set(granted)));

    [Fact]
    public void DenialOfOnePermissionQuotesIt() =>
        Assert.Equal("Missing permission: 'api.*.read_key'", PermissionExpression.Leaf("api.*.read_key").Denial());

    [Fact]
    public void DenialOfAlternativesJoinsThemWithOr() => Assert.Equal(
        "Missing one of these permissions: documents.read or documents.write",
        PermissionExpression.Any("documents.read", "documents.write").Denial());

    [Fact]
    public void DenialJoinsNestedConjunctionsWithAndAndNamesNothingThatIsHeld() => Assert.Equal(
        "Missing one of these permissions: " + Urn + " or (api.*.update_key or api.api_1.update_key) and rbac.*.add_permission_to_key",
        s_addPermissions.Denial());

    [Fact]
    public void OnePartIsDeniedLikeAPermissionAndOneAlternativeLikeAList()
    {
        Assert.Equal("Missing permission: 'a.b.c'", PermissionExpression.All("a.b.c").Denial());
        Assert.Equal("Missing one of these permissions: a.b.c", PermissionExpression.Any("a.b.c").Denial());
    }

    private static HashSet<string> Set(params string[] granted) => new(granted, System.StringComparer.Ordinal);
}
