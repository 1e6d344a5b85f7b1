package identity

import (
	"strings"
	"unicode"

	"millrace"
)

// squash is a key without case and separators: firstName, first_name, "First Name" and first.name are all "firstname".
func squash(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_' || r == '-' || r == '.' || r == ' ' || r == ':' || r == '/' || r == '$' || r == '*':
			return -1
		}
		return unicode.ToLower(r)
	}, key)
}

// personTrait is the canonical name of a squashed key of a person's traits, empty for one that has none.
func personTrait(key string) string {
	switch key {
	case "email", "emailaddress", "mail", "workemail", "businessemail", "companyemail", "contactemail", "useremail", "primaryemail":
		return millrace.TraitEmail
	case "firstname", "first", "fname", "givenname", "forename", "vorname", "prenom", "contactfirstname":
		return millrace.TraitFirstName
	case "lastname", "last", "lname", "familyname", "surname", "nachname", "contactlastname":
		return millrace.TraitLastName
	case "name", "fullname", "displayname", "contactname":
		return millrace.TraitName
	case "title", "jobtitle", "position", "jobposition", "job", "jobrole", "occupation":
		return millrace.TraitTitle
	case "department", "dept", "jobfunction", "jobdepartment":
		return millrace.TraitDepartment
	case "seniority", "senioritylevel", "joblevel", "managementlevel", "jobseniority":
		return millrace.TraitSeniority
	case "company", "companyname", "organization", "organisation", "organizationname", "organisationname", "org", "orgname", "employer", "accountname", "firma", "societe", "empresa":
		return millrace.TraitCompany
	case "companyindustry", "organizationindustry", "organisationindustry":
		return millrace.TraitIndustry
	case "companydomain", "organizationdomain", "organisationdomain", "companydomainname":
		return millrace.TraitDomain
	case "companywebsite", "companyurl", "organizationwebsite":
		return millrace.TraitWebsite
	case "companyrevenue", "companyannualrevenue":
		return millrace.TraitRevenue
	case "companytechnologies", "companytechstack":
		return millrace.TraitTechnologies
	}
	if name := accountOnly(key); name != "" {
		return name
	}
	return sharedTrait(key)
}

// accountTrait is the canonical name of a squashed key of an account's traits, empty for one that has none.
func accountTrait(key string) string {
	switch key {
	case "name", "company", "companyname", "organization", "organisation", "organizationname", "organisationname", "accountname", "groupname", "displayname", "firma":
		return millrace.TraitName
	case "parent", "parentaccount", "parentcompany", "parentname", "subsidiaryof", "parentaccountname", "parentcompanyname":
		return millrace.TraitParent
	case "founded", "foundedyear", "yearfounded", "yearestablished", "foundingyear":
		return millrace.TraitFounded
	case "size":
		return millrace.TraitEmployees
	case "sector":
		return millrace.TraitIndustry
	case "billingcountry", "hqcountry", "headquarterscountry", "companycountry", "billingaddresscountry", "billingcountrycode":
		return millrace.TraitCountry
	case "billingstate", "hqstate", "companystate":
		return millrace.TraitRegion
	case "billingcity", "hqcity", "companycity":
		return millrace.TraitCity
	case "url", "homepage", "websiteurl", "companywebsite", "companyurl":
		return millrace.TraitWebsite
	case "companydomain", "domainname", "companydomainname", "primarydomain":
		return millrace.TraitDomain
	}
	if name := accountOnly(key); name != "" {
		return name
	}
	return sharedTrait(key)
}

// accountOnly are traits that are an account's whoever states them: a form asks a person for the size of the company.
func accountOnly(key string) string {
	switch key {
	case "domain":
		return millrace.TraitDomain
	case "industry", "industryname", "branche":
		return millrace.TraitIndustry
	case "employees", "employeecount", "employeescount", "numberofemployees", "numemployees", "noofemployees", "companysize", "headcount", "companyemployees", "companyemployeecount",
		"companyheadcount", "companynumberofemployees", "organizationsize", "teamsize", "staffcount", "mitarbeiter", "employeesnumber", "employeesize", "employeerange", "companyemployeescount":
		return millrace.TraitEmployees
	case "revenue", "annualrevenue", "yearlyrevenue", "estimatedrevenue", "estimatedannualrevenue", "annualturnover", "turnover":
		return millrace.TraitRevenue
	case "technologies", "technology", "techstack", "technographics":
		return millrace.TraitTechnologies
	}
	return ""
}

// sharedTrait are traits that people and accounts both have.
func sharedTrait(key string) string {
	switch key {
	case "phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "mobilenumber", "workphone", "businessphone", "telefon":
		return millrace.TraitPhone
	case "country", "countrycode", "countryname", "addresscountry", "addresscountrycode", "locationcountry", "locationcountrycode", "land", "pays", "pais", "iso2":
		return millrace.TraitCountry
	case "region", "state", "province", "addressstate", "addressregion", "locationregion", "locationstate", "stateregion", "county", "bundesland":
		return millrace.TraitRegion
	case "city", "town", "addresscity", "locationcity", "stadt", "ville", "ciudad":
		return millrace.TraitCity
	case "website", "web", "websiteurl":
		return millrace.TraitWebsite
	case "owner", "ownername", "owneremail", "contactowner", "accountowner", "companyowner", "leadowner":
		return millrace.TraitOwner
	case "lifecyclestage", "lifecycle":
		return millrace.TraitLifecycle
	case "accountid":
		return millrace.TraitAccountID
	case "email", "emailaddress":
		return millrace.TraitEmail
	}
	return ""
}
